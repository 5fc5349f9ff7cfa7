// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// veomni-translate: model directories and bundles <-> text.
#include "veomni/Bundle/Bundle.h"
#include "veomni/Import/HuggingFace.h"
#include "veomni/Pipelines/Tool.h"
#include "veomni/runtime/BundleFormat.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Support/ToolUtilities.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <string>

using namespace mlir;
using namespace veomni;
namespace cl = llvm::cl;

static constexpr const char *kOverview = R"(Translates between IR and files.

Examples:
  veomni-translate --import-hf Qwen3-0.6B -o import.mlir
  veomni-translate --bundle-to-mlir qwen3.vob | less
  veomni-compile Qwen3-0.6B -o - | veomni-translate --bundle-to-json -
  veomni-translate --bundle-to-json qwen3.vob
  veomni-translate --mlir-to-bundle codegen.mlir -o qwen3.vob
)";

/// One translation of one file, or of each of its parts; what it writes is collected in `os`.
static LogicalResult translate(const Translation &translation, std::unique_ptr<llvm::MemoryBuffer> input, bool split,
                               bool verify, llvm::raw_ostream &os) {
  auto translatePart = [&](std::unique_ptr<llvm::MemoryBuffer> part, llvm::raw_ostream &output) -> LogicalResult {
    MLIRContext context;
    context.printOpOnDiagnostic(!verify);
    auto sources = std::make_shared<llvm::SourceMgr>();
    // Parsers of text look for a zero behind it.
    sources->AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(part->getBuffer(), part->getBufferIdentifier()),
                                llvm::SMLoc());
    if (verify) {
      SourceMgrDiagnosticVerifierHandler diagnostics(*sources, &context);
      (void)translation(sources, output, &context); // whether it should fail is what the text says
      return diagnostics.verify();
    }
    SourceMgrDiagnosticHandler diagnostics(*sources, &context);
    return translation(sources, output, &context);
  };
  return splitAndProcessBuffer(std::move(input), translatePart, os, split ? kDefaultSplitMarker : "");
}

int main(int argc, char **argv) {
  hideOptionsOfLibraries();
  startTool("veomni-translate");
  llvm::InitLLVM init(argc, argv);
  registerBundleTranslations();
  registerHuggingFaceTranslation();
  registerMLIRContextCLOptions();
  cl::opt<std::string> inputPath(cl::Positional, cl::desc("file | DIR (- for standard input)"), cl::init("-"));
  cl::opt<std::string> outputPath("o", cl::desc("output file (- for standard output)"), cl::value_desc("file"),
                                  cl::init("-"));
  cl::opt<bool> split("split-input-file", cl::desc("translate the parts of a test between lines of // ----- alone"));
  cl::opt<bool> verify("verify-diagnostics", cl::desc("check that errors are those that expected-error lines say"));
  cl::opt<const Translation *, false, TranslationParser> translation("", cl::desc("Translations"));
  if (!cl::ParseCommandLineOptions(argc, argv, kOverview, &llvm::errs()))
    return 2;
  if (!translation.getNumOccurrences()) {
    llvm::errs() << "veomni-translate: expected what to translate, as --bundle-to-mlir; see --help\n";
    return 2;
  }

  auto fail = [](const llvm::Twine &message) {
    llvm::errs() << "veomni-translate: error: " << message << "\n";
    return 1;
  };
  // Translations read files; a model directory stands for its config.json.
  std::string path = inputPath, error;
  if (llvm::sys::fs::is_directory(path))
    path += "/config.json";
  std::unique_ptr<llvm::MemoryBuffer> input = openInputFile(path, &error);
  if (!input)
    return fail(error);
  std::string content;
  llvm::raw_string_ostream os(content);
  if (failed(translate(*translation, std::move(input), split, verify, os)))
    return 1;
  const auto kind = bundle_format::isBundle(content) ? OutputKind::Bundle : OutputKind::Text;
  if (Status status = checkOutput(outputPath, kind); !status)
    return fail(status.message());
  if (Status status = writeOutput(outputPath, content); !status)
    return fail(status.message());
  return 0;
}
