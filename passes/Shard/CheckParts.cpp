// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Holds what ranks run against the factor rules of its ops.
#include "veomni/Analysis/Axes.h"
#include "veomni/Passes/Shard/Passes.h"

using namespace mlir;

namespace veomni::shard {

#define GEN_PASS_DEF_CHECKPARTS
#include "veomni/Passes/Shard/Passes.h.inc"

namespace {

class CheckParts : public impl::CheckPartsBase<CheckParts> {
  void runOnOperation() override;
};

/// An op that needs all of a dim of which it is given a part; its first is reported.
LogicalResult checkOp(Operation *op, const FunctionAxes &axes) {
  FailureOr<FactorRule> rule = FactorRule::of(op);
  if (failed(rule) || isa<ExpertSortOp, PermuteOp>(op))
    return success();
  for (auto [operand, dims] : llvm::enumerate(rule->operands))
    for (auto [index, dim] : llvm::enumerate(dims)) {
      StringAttr axis = axes.of(op->getOperand(operand), index).axis();
      StringRef meshAxis = axis ? wholeOfAxis(axis).second : StringRef();
      bool passes =
          llvm::all_of(dim, [&](unsigned factor) { return rule->factors[factor].kind == FactorKind::PassThrough; });
      if (!meshAxis.empty() && !passes)
        return op->emitOpError() << "needs all of dim " << index << " of operand " << operand << ", but is given "
                                 << axis.getValue() << ", a part over '" << meshAxis << "'";
    }
  return success();
}

void CheckParts::runOnOperation() {
  if (!MeshAttr::of(getOperation()))
    return markAllAnalysesPreserved();
  ModuleAxes module;
  bool good = true;
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    FailureOr<const FunctionAxes *> axes = module.of(function);
    good &= succeeded(axes);
    for (Operation &op : function.getBody().front())
      good &= failed(axes) || succeeded(checkOp(&op, **axes));
  }
  if (!good)
    signalPassFailure();
}

} // namespace
} // namespace veomni::shard
