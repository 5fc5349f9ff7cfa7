// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The translations of veomni-translate: programs to bundles and back, and bundles to JSON.
#include "mlir/Parser/Parser.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "veomni/Bundle/Bundle.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/runtime/BundleFormat.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace veomni;

static const llvm::MemoryBuffer &getMainFile(const llvm::SourceMgr &sources) {
  return *sources.getMemoryBuffer(sources.getMainFileID());
}

static LogicalResult textToBundle(const std::shared_ptr<llvm::SourceMgr> &sources, raw_ostream &output,
                                  MLIRContext *context) {
  const llvm::MemoryBuffer &file = getMainFile(*sources);
  // The parser would say that by printing its bytes.
  if (bundle_format::isBundle(file.getBuffer()))
    return emitError(FileLineColLoc::get(context, file.getBufferIdentifier(), 0, 0))
           << "is a bundle already, expected the text of one";
  context->getOrLoadDialect<rt::ProgramDialect>();
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, context);
  return success(module && succeeded(writeBundle(*module, output)));
}

static LogicalResult bundleToText(const std::shared_ptr<llvm::SourceMgr> &sources, raw_ostream &output,
                                  MLIRContext *context) {
  const llvm::MemoryBuffer &file = getMainFile(*sources);
  OwningOpRef<ModuleOp> module = readBundle(file.getBuffer(), context, file.getBufferIdentifier());
  if (!module)
    return failure();
  // Locations are printed where there are names to keep; elsewhere they would only be noise.
  bool hasNames = module
                      ->walk([](Operation *op) {
                        return isa<NameLoc>(op->getLoc()) ? WalkResult::interrupt() : WalkResult::advance();
                      })
                      .wasInterrupted();
  if (hasNames)
    module->walk([&](Operation *op) {
      auto named = dyn_cast<NameLoc>(op->getLoc());
      op->setLoc(named ? Location(NameLoc::get(named.getName())) : UnknownLoc::get(context));
    });
  module->print(output, OpPrintingFlags().enableDebugInfo(hasNames));
  output << "\n";
  return success();
}

static LogicalResult bundleToJson(const std::shared_ptr<llvm::SourceMgr> &sources, raw_ostream &output,
                                  MLIRContext *context) {
  const llvm::MemoryBuffer &file = getMainFile(*sources);
  return writeBundleAsJson(file.getBuffer(), context, file.getBufferIdentifier(), output);
}

void veomni::registerBundleTranslations() {
  TranslateRegistration toBundle("mlir-to-bundle", "write a program, veomni_rt IR with code, as a bundle",
                                 textToBundle);
  TranslateRegistration toText("bundle-to-mlir", "show what a bundle holds, as veomni_rt IR", bundleToText);
  TranslateRegistration toJson("bundle-to-json", "show the metadata of a bundle, as JSON", bundleToJson);
}
