// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Adds to stats [2 experts + 1], over rows whose token counts: how often each expert is among the top_k, its
// probabilities, and the rows. One workgroup, in order of rows and in f64, so that the sums depend on nothing but the
// rows.
#include "../Routing.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitRouterStatistics(KernelBuilder &k, const Kernel &kernel) {
  int64_t experts = kernel.size("experts"), topK = kernel.integer("top_k"), ldl = kernel.stride("logits");
  k.begin();
  Value mask = k.operand(1), stats = k.operand(2);
  RowRouting routing(k, k.operand(0), experts);
  Value sums = k.scratch(2 * experts + 1, k.f64());
  auto wide = [&](Value x) -> Value { return arith::ExtFOp::create(k.ops(), k.f64(), x); };
  auto accumulateProbabilities = [&](ArrayRef<Columns> run) {
    for (Columns c : run) {
      Value at = k.add(c.at, experts), x = arith::ExtFOp::create(k.ops(), k.vectorOf(k.f64()), routing.load(c));
      k.store(k.add(k.loadRaw(sums, at, c.count), x), sums, at, c.count);
    }
  };
  auto accumulate = [&](Value at, Value x) { k.storeScalar(k.add(k.loadScalar(sums, at), x), sums, at); };
  Value one = k.constant(k.f64(), 1.0), end = k.index(2 * experts + 1);

  k.each(k.index(0), end, 1, [&](Value at) { k.storeScalar(wide(k.loadScalar(stats, at)), sums, at); });
  k.each(k.index(0), k.scalar(0), 1, [&](Value row) {
    Value counts = k.compare(arith::CmpIPredicate::ne, k.loadScalar(mask, row), k.constant(k.i64(), int64_t(0)));
    k.when(counts, [&] {
      routing.softmax(k.mul(row, ldl));
      k.columns(experts, 2, accumulateProbabilities);
      k.each(k.index(0), k.index(topK), 1, [&](Value) { accumulate(routing.pick().first, one); });
      accumulate(k.index(2 * experts), one);
    });
  });
  k.each(k.index(0), end, 1, [&](Value at) {
    k.storeScalar(arith::TruncFOp::create(k.ops(), k.f32(), k.loadScalar(sums, at)), stats, at);
  });
  k.end();
}

KernelKinds kinds::RouterStatistics() {
  return {{.name = "router_statistics",
           .summary = "Adds to stats, over rows whose token counts: hits of each expert among the top_k, its softmax "
                      "probability, and the rows.",
           .operands = {read("logits", "[rows.. | experts] x T"), read("token_mask", "[rows..] x i64"),
                        readWrite("stats", "[2 * experts + 1] x f32")},
           .scalars = {scalar("rows")},
           .attributes = {integer("top_k", "experts of a token")},
           .example = {"read [r, 8] x bf16; read [r] x i64; read_write [17] x f32", "{top_k = 2}"},
           .check = [](Kernel &kernel, Problems &problems) { kernel.expectAtMost("top_k", "experts", problems); },
           .emit = emitRouterStatistics}};
}
