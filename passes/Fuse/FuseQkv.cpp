// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The three projections that feed one attention become one product: the input is read once instead of three times,
// and one wide product keeps more threads busy than three narrow ones. Consumers read their heads as columns of the
// wider rows, so nothing is copied.
#include "ParallelLinears.h"
#include "veomni/Passes/Fuse/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace veomni::fuse {

#define GEN_PASS_DEF_FUSEQKV
#include "veomni/Passes/Fuse/Passes.h.inc"

namespace {

class FuseQkv : public impl::FuseQkvBase<FuseQkv> {
  void runOnOperation() override;
};

/// Whether all that reads the layer's result reads heads, and can do so within wider rows.
bool feedsHeads(LinearOp linear) {
  if (!linear->hasOneUse())
    return false;
  auto heads = dyn_cast<UnflattenOp>(*linear->user_begin());
  return heads && llvm::all_of(heads->getUses(), [](OpOperand &use) {
           if (auto attention = dyn_cast<AttentionOp>(use.getOwner()))
             return use.get() == attention.getValue() && use.get() != attention.getKey() &&
                    use.get() != attention.getQuery();
           if (auto norm = dyn_cast<RmsNormOp>(use.getOwner()))
             return use.get() == norm.getX();
           auto rope = dyn_cast<RopeOp>(use.getOwner());
           return rope && use.get() == rope.getX();
         });
}

void FuseQkv::runOnOperation() {
  func::FuncOp function = getOperation();
  llvm::MapVector<Value, SmallVector<LinearOp>> byInput;
  function.walk([&](LinearOp linear) {
    if (feedsHeads(linear))
      byInput[linear.getX()].push_back(linear);
  });
  auto options = remark::RemarkOpts::name("FuseQkv").category("fuse").function(function.getSymName());
  for (auto &[input, linears] : byInput) {
    if (linears.size() < 2)
      continue;
    if (std::string reason = whyNotTogether(linears); !reason.empty()) {
      remark::missed(linears.front().getLoc(), options) << "the projections to heads stay apart: " + reason;
      continue;
    }
    // At the first of them: ahead of all that reads any.
    OpBuilder builder(linears.front());
    Value joined = joinLinears(builder, linears);
    int64_t offset = 0;
    for (LinearOp linear : linears) {
      auto part = SliceOp::create(builder, linear.getLoc(), linear.getType(), joined, offset);
      offset += cast<RankedTensorType>(linear.getType()).getShape().back();
      linear.replaceAllUsesWith(part.getResult());
    }
    // The builder stands at the first of them.
    for (LinearOp linear : linears)
      linear.erase();
    remark::passed(joined.getLoc(), options)
        << std::to_string(linears.size()) + " projections to heads are one product";
    numFused += linears.size();
  }
}

} // namespace
} // namespace veomni::fuse
