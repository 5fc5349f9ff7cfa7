// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase import as a pass, which fills an empty module.
#include "veomni/Passes/Import/Passes.h"

#include "veomni/Import/HuggingFace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace veomni::importer {

#define GEN_PASS_DEF_IMPORTMODEL
#include "veomni/Passes/Import/Passes.h.inc"

namespace {

class ImportModel : public impl::ImportModelBase<ImportModel> {
public:
  using ImportModelBase::ImportModelBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!module.getBody()->empty()) {
      module.emitError("phase import expects an empty module to fill, found one with ops");
      return signalPassFailure();
    }
    if (directory.empty()) {
      module.emitError("phase import expects the folder of a model: dir=FOLDER");
      return signalPassFailure();
    }
    llvm::Expected<ImportOptions> options = parseImportOptions(llvm::to_vector(entries), dtype, llvm::to_vector(with));
    if (!options) {
      module.emitError(toString(options.takeError()));
      return signalPassFailure();
    }
    options->ignoredConfigKeys.assign(ignoredConfigKeys.begin(), ignoredConfigKeys.end());
    options->ignoredTensors.assign(ignoredTensors.begin(), ignoredTensors.end());
    OwningOpRef<ModuleOp> imported = importHuggingFace(directory, *options, &getContext());
    if (!imported)
      return signalPassFailure();
    module->setAttrs((*imported)->getAttrDictionary());
    module.getBody()->getOperations().splice(module.getBody()->end(), imported->getBody()->getOperations());
  }
};

} // namespace
} // namespace veomni::importer
