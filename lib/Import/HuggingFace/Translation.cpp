// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// `veomni-translate --import-hf`: a model directory, given by its config.json, as text.
#include "veomni/Import/HuggingFace.h"

#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace veomni {

void registerHuggingFaceTranslation() {
  static llvm::cl::opt<std::string> dtype(
      "hf-dtype", llvm::cl::desc("--import-hf: element type of weights, f32 or bf16"), llvm::cl::init("f32"));
  static llvm::cl::opt<bool> loss("hf-loss", llvm::cl::desc("--import-hf: import the entry that computes the loss"));
  static TranslateToMLIRRegistration importer(
      "import-hf", "import a Hugging Face model directory",
      [](llvm::SourceMgr &sources, MLIRContext *context) -> OwningOpRef<Operation *> {
        if (dtype != "f32" && dtype != "bf16") {
          emitError(UnknownLoc::get(context)) << "unknown --hf-dtype '" << dtype << "'; valid: f32, bf16";
          return {};
        }
        ImportOptions options;
        options.dtype = dtype;
        options.entries.front().kind = loss ? EntryKind::Loss : EntryKind::Forward;
        StringRef config = sources.getMemoryBuffer(sources.getMainFileID())->getBufferIdentifier();
        if (config == "<stdin>") {
          emitError(UnknownLoc::get(context)) << "<stdin>: is a stream, expected a model directory";
          return {};
        }
        StringRef directory = llvm::sys::path::parent_path(config);
        return importHuggingFace(directory.empty() ? "." : directory, options, context).release().getOperation();
      },
      [](DialectRegistry &registry) { registry.insert<VeOmniDialect, func::FuncDialect>(); });
}

} // namespace veomni
