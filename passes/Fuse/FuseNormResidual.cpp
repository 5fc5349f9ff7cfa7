// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A norm that reads a residual sum adds it up itself: the sum is written once and read back from registers, where two
// ops would send every row through memory twice.
#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Passes/Fuse/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace veomni::fuse {

#define GEN_PASS_DEF_FUSENORMRESIDUAL
#include "veomni/Passes/Fuse/Passes.h.inc"

namespace {

class FuseNormResidual : public impl::FuseNormResidualBase<FuseNormResidual> {
  void runOnOperation() override;
};

/// The op whose result is the sum of its two operands, all of one type; null if it is another.
BinaryOp sumOf(Value value) {
  auto sum = value.getDefiningOp<BinaryOp>();
  bool adds = sum && sum.getKind() == BinaryKind::Add && sum.getA().getType() == sum.getB().getType() &&
              sum.getA().getType() == value.getType();
  return adds ? sum : BinaryOp();
}

/// Why the norm does not take in the sum that it reads; empty if it does.
std::string whyNot(RmsNormOp norm) {
  if (StringRef kernel = kernels::boundKernel(norm); !kernel.empty() && kernel != "fused")
    return "it is " + kernels::describeBinding(norm);
  BinaryOp sum = sumOf(norm.getX());
  if (!sum)
    return "it does not read a sum of its own function";
  if (sum->getBlock() != norm->getBlock())
    return "the sum is in another block";
  if (norm.getWeight() && !norm.getWeight().getDefiningOp<ParamOp>())
    return "its weight is not a parameter";
  return "";
}

void FuseNormResidual::runOnOperation() {
  func::FuncOp function = getOperation();
  SmallVector<RmsNormOp> norms;
  function.walk([&](RmsNormOp norm) { norms.push_back(norm); });
  auto options = remark::RemarkOpts::name("FuseNormResidual").category("fuse").function(function.getSymName());
  for (RmsNormOp norm : norms) {
    if (std::string reason = whyNot(norm); !reason.empty()) {
      remark::missed(norm.getLoc(), options) << "the norm stays alone: " + reason;
      continue;
    }
    BinaryOp sum = sumOf(norm.getX());
    // Where the sum is, ahead of its other uses; a parameter can stand anywhere.
    if (Value weight = norm.getWeight())
      weight.getDefiningOp()->moveBefore(sum);
    OpBuilder builder(sum);
    auto fused = AddRmsNormOp::create(builder, norm.getLoc(), norm.getX().getType(), norm.getType(), sum->getOperand(0),
                                      sum->getOperand(1), norm.getWeight(), norm.getEpsAttr(), norm.getVariantAttr());
    kernels::keepKernel(norm, fused);
    remark::passed(norm.getLoc(), options) << "the norm adds up what it reads";
    norm.replaceAllUsesWith(fused.getResult());
    sum->getResult(0).replaceAllUsesWith(fused.getSum());
    norm.erase();
    sum->erase();
    ++numFused;
  }
}

} // namespace
} // namespace veomni::fuse
