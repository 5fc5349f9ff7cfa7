// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager forms become the ops of a model again.
#include "Raise.h"

#include "veomni/Passes/Raise/Passes.h"

#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace veomni::raise {

#define GEN_PASS_DEF_RAISE
#include "veomni/Passes/Raise/Passes.h.inc"

namespace {

class Raise : public impl::RaiseBase<Raise> {
  void runOnOperation() override {
    Raisings all;
#define VEOMNI_OP_ROOM(name) rooms::name(all);
#include "veomni/Passes/Raise/Rooms.inc"
#undef VEOMNI_OP_ROOM
    for (Stage stage : {Stage::wholes, Stage::parts, Stage::remains})
      apply(all, stage);
  }

  /// Applies the patterns to every op once. They erase nothing, because the walk still holds the ops around; what they
  /// leave without a use is erased afterwards. Ops that had no use before stay: removing those is not this pass's
  /// business.
  void apply(const Raisings &all, Stage stage) {
    RewritePatternSet patterns(&getContext());
    all.addTo(patterns, stage);
    llvm::DenseSet<Operation *> unused;
    getOperation().walk([&](Operation *op) {
      if (op->use_empty())
        unused.insert(op);
    });
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    getOperation().walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
      if (!unused.contains(op) && isOpTriviallyDead(op))
        op->erase();
    });
  }
};

} // namespace
} // namespace veomni::raise
