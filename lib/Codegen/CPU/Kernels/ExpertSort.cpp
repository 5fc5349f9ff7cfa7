// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A stable counting sort of routes, (token, place among its top_k) pairs, by expert.
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;
using arith::CmpIPredicate;

static void emitExpertSort(KernelBuilder &k, const Kernel &kernel) {
  int64_t experts = kernel.size("experts"), topK = kernel.size("top_k");
  int64_t ldi = kernel.stride("indices"), ldp = kernel.stride("places");
  k.begin();
  Value chosen = k.operand(0), routes = k.operand(1), places = k.operand(2), offsets = k.operand(3), rows = k.scalar(0);
  // Where the next route of each expert goes.
  Value next = k.scratch(experts, k.i32());
  Value zero = k.constant(k.i32(), int64_t(0)), one = k.constant(k.i32(), int64_t(1));
  k.each(k.index(0), k.index(experts), 1, [&](Value e) { k.storeScalar(zero, next, e); });
  auto eachRoute = [&](llvm::function_ref<void(Value, Value, Value)> body) {
    k.each(k.index(0), rows, 1, [&](Value row) {
      k.each(k.index(0), k.index(topK), 1,
             [&](Value slot) { body(row, slot, k.loadIndex(chosen, k.add(k.mul(row, ldi), slot))); });
    });
  };
  eachRoute([&](Value, Value, Value expert) { k.storeScalar(k.add(k.loadScalar(next, expert), one), next, expert); });
  Values total = k.loop(k.index(0), k.index(experts), 1, {zero}, [&](Value e, ValueRange sum) {
    Value count = k.loadScalar(next, e);
    k.storeScalar(sum[0], offsets, e);
    k.storeScalar(sum[0], next, e);
    return Values{k.add(sum[0], count)};
  });
  k.storeScalar(total[0], offsets, k.index(experts));
  eachRoute([&](Value row, Value slot, Value expert) {
    Value at = k.loadScalar(next, expert);
    k.storeScalar(k.add(at, one), next, expert);
    k.storeScalar(k.indexCast(k.add(k.mul(row, topK), slot), k.i32()), routes, k.indexCast(at, k.ops().getIndexType()));
    // A token's experts differ, so that the number of lower ones is the rank of this place among the token's places.
    Value own = k.broadcast(k.indexCast(expert, k.i32()));
    Value ones = k.constant(k.vectorOf(k.i32()), int64_t(1)), zeros = k.constant(k.vectorOf(k.i32()), int64_t(0));
    Values lower = k.columns(topK, 1, {zeros}, [&](ArrayRef<Columns> run, ValueRange counts) {
      auto [column, width] = run[0];
      Value less = k.compare(CmpIPredicate::slt, k.loadRaw(chosen, k.add(k.mul(row, ldi), column), width), own);
      if (width < k.lanes())
        less = k.bitAnd(less, k.mask(width));
      return Values{k.add(counts[0], k.select(less, ones, zeros))};
    });
    Value rank = vector::ReductionOp::create(k.ops(), vector::CombiningKind::ADD, lower[0]);
    k.storeScalar(at, places, k.add(k.mul(row, ldp), k.indexCast(rank, k.ops().getIndexType())));
  });
  k.end();
}

KernelKinds kinds::ExpertSort() {
  return {{.name = "expert_sort",
           .summary = "A stable sort of routes, which are row * top_k + place among the row's choices, by expert.",
           .details = "Routes come in rising order of (expert, route); `places` are each row's positions among them in "
                      "rising order, and "
                      "`offsets` where each expert's routes start.",
           .operands = {read("indices", "[rows.. | top_k] x i32", "below `experts`"),
                        write("routes", "[rows * top_k] x i32"), write("places", "[rows.. | top_k] x i32"),
                        write("offsets", "[experts + 1] x i32")},
           .scalars = {scalar("rows")},
           .example = {"read [10, 2] x i32; write [20] x i32; write [10, 2] x i32; write [9] x i32"},
           .emit = emitExpertSort}};
}
