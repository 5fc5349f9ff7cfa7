// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rows that chose one expert, in rising order, and at which of their top_k places: `where(indices == expert)`.
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;
using arith::CmpIPredicate;

static void emitExpertRows(KernelBuilder &k, const Kernel &kernel) {
  int64_t topK = kernel.size("top_k"), ldi = kernel.stride("indices");
  k.begin();
  Value indices = k.operand(0), tokens = k.operand(1), slots = k.operand(2), count = k.operand(3);
  Value expert = k.broadcast(k.indexCast(k.scalar(1), k.i32()));
  Value none = k.constant(k.vectorOf(k.i32()), topK);
  Values found = k.loop(k.index(0), k.scalar(0), 1, {k.index(0)}, [&](Value row, ValueRange carried) {
    // A row's experts differ, so that there is one hit at most.
    Values hits = k.columns(topK, 1, {none}, [&](ArrayRef<Columns> run, ValueRange last) {
      auto [at, width] = run[0];
      Value equal = k.compare(CmpIPredicate::eq, k.loadRaw(indices, k.add(k.mul(row, ldi), at), width), expert);
      if (width < k.lanes())
        equal = k.bitAnd(equal, k.mask(width));
      return Values{k.select(equal, k.add(k.iota(), k.broadcast(k.indexCast(at, k.i32()))), last[0])};
    });
    Value any =
        vector::ReductionOp::create(k.ops(), vector::CombiningKind::OR, k.compare(CmpIPredicate::ne, hits[0], none));
    k.when(any, [&] {
      Value slot = vector::ReductionOp::create(k.ops(), vector::CombiningKind::MINSI, hits[0]);
      k.storeScalar(k.indexCast(row, k.i32()), tokens, carried[0]);
      k.storeScalar(slot, slots, carried[0]);
    });
    return Values{k.select(any, k.add(carried[0], 1), carried[0])};
  });
  k.storeScalar(k.indexCast(found[0], k.i32()), count, k.index(0));
  k.end();
}

KernelKinds kinds::ExpertRows() {
  return {{.name = "expert_rows",
           .summary = "The rows whose indices hold `expert`, in rising order, and at which place: what the eager "
                      "loop's `where` gives.",
           .operands = {read("indices", "[rows.. | top_k] x i32"), write("tokens", "[rows..] x i32"),
                        write("slots", "[rows..] x i32"), write("count", "[1] x i32")},
           .scalars = {scalar("rows"), {"expert", "", "the expert that is looked for"}},
           .example = {"read [r, 2] x i32; write [r] x i32; write [r] x i32; write [1] x i32"},
           .emit = emitExpertRows}};
}
