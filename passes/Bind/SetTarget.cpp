// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a module is compiled for is said once, so that no two phases take different things for granted.
#include "veomni/Codegen/Backend.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Passes/Bind/Passes.h"

using namespace mlir;

namespace veomni::bind {

#define GEN_PASS_DEF_SETTARGET
#include "veomni/Passes/Bind/Passes.h.inc"

namespace {

class SetTarget : public impl::SetTargetBase<SetTarget> {
public:
  using SetTargetBase::SetTargetBase;

private:
  void runOnOperation() override;
  LogicalResult set();
};

LogicalResult SetTarget::set() {
  ModuleOp module = getOperation();
  auto known = module->getAttrOfType<TargetAttr>(VeOmniDialect::kTarget);
  const codegen::BackendRegistry *backends = codegen::backendsOf(&getContext());
  if (!backends)
    return module.emitError() << "this context has no backends";
  std::string name = !target.empty() ? target.getValue() : known ? known.getTarget().str() : "cpu";
  llvm::Expected<codegen::Backend &> backend = backends->find(name);
  if (!backend)
    return module.emitError() << llvm::toString(backend.takeError());
  bool keepsLevel = known && level.empty() && known.getTarget() == name;
  std::string wanted = keepsLevel ? known.getLevel().str() : level.empty() ? "host" : level.getValue();
  llvm::Expected<const codegen::Level &> found = backend->findLevel(wanted);
  if (!found)
    return module.emitError() << llvm::toString(found.takeError());
  auto chosen = TargetAttr::get(&getContext(), name, found->name);
  if (known && known != chosen)
    return module.emitError() << "was made for target " << known.getTarget() << " " << known.getLevel()
                              << " and cannot become one for " << name << " " << found->name;
  module->setAttr(VeOmniDialect::kTarget, chosen);
  return success();
}

void SetTarget::runOnOperation() {
  if (failed(set()))
    signalPassFailure();
}

} // namespace
} // namespace veomni::bind
