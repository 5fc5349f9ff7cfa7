// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gate and up projections of a gated MLP become one product whose rows hold both, which a packed GLU reads: the
// input is read once, and the wider product keeps more threads busy.
#include "ParallelLinears.h"
#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Passes/Fuse/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace veomni::fuse {

#define GEN_PASS_DEF_FUSEGATEUP
#include "veomni/Passes/Fuse/Passes.h.inc"

namespace {

class FuseGateUp : public impl::FuseGateUpBase<FuseGateUp> {
  void runOnOperation() override;
};

void FuseGateUp::runOnOperation() {
  func::FuncOp function = getOperation();
  SmallVector<GluOp> glus;
  function.walk([&](GluOp glu) { glus.push_back(glu); });
  auto options = remark::RemarkOpts::name("FuseGateUp").category("fuse").function(function.getSymName());
  for (GluOp glu : glus) {
    auto gate = glu.getGate().getDefiningOp<LinearOp>(), up = glu.getUp().getDefiningOp<LinearOp>();
    StringRef kernel = kernels::boundKernel(glu);
    std::string reason;
    if (!kernel.empty() && kernel != "fused") // it may not know of gate and up side by side
      reason = "the activation is " + kernels::describeBinding(glu);
    else if (!gate || !up)
      reason = "gate and up are not both products";
    else if (glu.getGate() == glu.getUp() || !gate->hasOneUse() || !up->hasOneUse())
      reason = "gate or up has another use";
    else
      reason = whyNotTogether({gate, up});
    if (!reason.empty()) {
      remark::missed(glu.getLoc(), options) << "gate and up stay apart: " + reason;
      continue;
    }
    OpBuilder builder(glu);
    Value both = joinLinears(builder, {gate, up});
    auto packed = PackedGluOp::create(builder, glu.getLoc(), glu.getType(), both, glu.getAct(), GluLayout::Concat,
                                      FloatAttr(), FloatAttr(), FloatAttr());
    kernels::keepKernel(glu, packed);
    remark::passed(glu.getLoc(), options) << "gate and up are one product";
    glu.replaceAllUsesWith(packed.getResult());
    for (Operation *op : {glu.getOperation(), gate.getOperation(), up.getOperation()})
      op->erase();
    ++numFused;
  }
}

} // namespace
} // namespace veomni::fuse
