// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What veomni-compile may be given, told apart: a model directory or the text of a phase.
#include "Input.h"

#include "veomni/runtime/BundleFormat.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

namespace fs = llvm::sys::fs;

static bool isBundle(llvm::StringRef path) {
  auto beginning = llvm::MemoryBuffer::getFileSlice(path, sizeof(veomni::bundle_format::magic), /*Offset=*/0);
  return beginning && veomni::bundle_format::isBundle((*beginning)->getBuffer());
}

std::string veomni::inputProblem(llvm::StringRef path, std::optional<Phase> dumpOf) {
  std::string expected =
      dumpOf ? ("expected the dump of phase " + phaseName(*dumpOf)).str() : "expected a model directory";
  if (path == "-")
    return dumpOf ? ""
                  : "is standard input, expected a model directory; a dump is compiled with --compile-from=<phase>";
  fs::file_status status;
  if (std::error_code error = fs::status(path, status))
    return error.message() + ", " + expected;
  if (status.type() == fs::file_type::directory_file)
    return dumpOf ? "is a directory, " + expected + "; without --compile-from a model directory is imported" : "";
  // A pipe would lose what is read here.
  if (status.type() == fs::file_type::regular_file && isBundle(path))
    return "is a bundle, " + expected +
           "; veomni-translate --bundle-to-mlir writes it as text, for --compile-from=codegen";
  if (dumpOf)
    return "";
  if (llvm::sys::path::filename(path) == "config.json")
    return "is a file, expected the model directory that holds it";
  return "is a file, " + expected + "; a dump is compiled with --compile-from=<phase>, the phase that wrote it";
}

namespace {
/// Text that a parser cannot say anything useful about.
struct BadText {
  llvm::StringLiteral text;
  const char *problem;
};
} // namespace

static constexpr const char *earlier =
    "this is the text of an earlier version, which wrote axes and weights in another way; compile the model again";
static constexpr BadText badTexts[] = {
    // MLIR's parser asks `index` for its width and ends in a signal (22.1; mlir-opt too).
    {"array<index", "elements of an array must have a size, expected array<i64: ...>"},
    {" = input_dim", earlier},
    {" = input_given", earlier},
    {"\" from [", earlier},
};

mlir::OwningOpRef<mlir::ModuleOp> veomni::readDump(llvm::StringRef path, mlir::MLIRContext &context) {
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!file) {
    llvm::errs() << "veomni-compile: error: " << path << ": " << file.getError().message() << "\n";
    return nullptr;
  }
  llvm::StringRef text = (*file)->getBuffer();
  for (const BadText &bad : badTexts)
    if (size_t at = text.find(bad.text); at != llvm::StringRef::npos) {
      llvm::errs() << (*file)->getBufferIdentifier() << ":" << text.take_front(at).count('\n') + 1
                   << ": error: " << bad.problem << "\n";
      return nullptr;
    }
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  return mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
}
