// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The analysis of axes finds the collective; what ranks have parts of says which dim was meant.
#include "veomni/Analysis/Axes.h"
#include "veomni/Passes/Shard/Passes.h"

using namespace mlir;

namespace veomni::shard {

#define GEN_PASS_DEF_FIXGATHERDIMS
#include "veomni/Passes/Shard/Passes.h.inc"

namespace {

class FixGatherDims : public impl::FixGatherDimsBase<FixGatherDims> {
  void runOnOperation() override;
  bool fix(CollectiveOpInterface op, ArrayRef<AxisExtent> extents);
};

bool FixGatherDims::fix(CollectiveOpInterface op, ArrayRef<AxisExtent> extents) {
  const unsigned named = *op.getGatheredDim();
  std::optional<unsigned> meant;
  for (auto [dim, extent] : llvm::enumerate(extents)) {
    StringAttr axis = extent.axis();
    if (!axis || wholeOfAxis(axis).second != op.getMeshAxisName())
      continue;
    if (meant)
      return false;
    meant = dim;
  }
  auto isDynamic = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.isDynamicDim(named) && tensor.isDynamicDim(*meant);
  };
  if (!meant || meant == op.getPartedDim() || !llvm::all_of(op->getOperandTypes(), isDynamic) ||
      !llvm::all_of(op->getResultTypes(), isDynamic))
    return false;
  op->emitRemark() << "gathers dim " << *meant << " in place of dim " << named << ": ranks have parts of "
                   << extents[*meant].str() << ", and none of " << extents[named].str();
  op.setGatheredDim(*meant);
  ++numFixed;
  return true;
}

void FixGatherDims::runOnOperation() {
  ModuleAxes module([&](CollectiveOpInterface op, ArrayRef<AxisExtent> extents) { return fix(op, extents); });
  bool good = true;
  for (auto function : getOperation().getOps<func::FuncOp>())
    good &= function.isExternal() || succeeded(module.of(function));
  if (!good)
    signalPassFailure();
}

} // namespace
} // namespace veomni::shard
