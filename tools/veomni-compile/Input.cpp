// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Input.h"

#include "veomni/runtime/BundleFormat.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace fs = llvm::sys::fs;

static bool isBundle(llvm::StringRef path) {
  llvm::StringRef magic(veomni::bundle_format::magic, sizeof(veomni::bundle_format::magic));
  auto beginning = llvm::MemoryBuffer::getFileSlice(path, magic.size(), /*Offset=*/0);
  return beginning && (*beginning)->getBuffer() == magic;
}

std::string veomni::inputProblem(llvm::StringRef path, std::optional<Phase> dumpOf) {
  std::string expected =
      dumpOf ? ("expected the dump of phase " + phaseName(*dumpOf)).str() : "expected a model directory";
  if (dumpOf && path == "-")
    return "";
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
