// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Adds to stats [2 experts + 1], over rows whose token counts: how often each expert is among the top_k, its probabilities, and the rows.
// One workgroup, in order of rows and in f64, so that the sums depend on nothing but the rows.
#include "Routing.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitRouterStatistics(KernelBuilder &k, Attributes &attributes) {
  int64_t experts = attributes.integer("experts"), topK = attributes.integer("top_k"), ldl = attributes.integer("ldl");
  Type type = attributes.elementType("type");
  if (topK > experts)
    attributes.error() << "attribute 'top_k' is " << topK << ", expected at most experts = " << experts;
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i64(), k.f32()}, 1);
  Value mask = k.operand(1), stats = k.operand(2);
  RowRouting routing(k, k.operand(0), experts);
  Value sums = k.scratch(2 * experts + 1, k.f64());
  auto wide = [&](Value x) -> Value { return arith::ExtFOp::create(k.ops(), k.f64(), x); };
  auto accumulate = [&](Value at, Value x) { k.storeScalar(k.add(k.loadScalar(sums, at), x), sums, at); };
  Value one = k.constant(k.f64(), 1.0), end = k.index(2 * experts + 1);

  k.each(k.index(0), end, 1, [&](Value at) { k.storeScalar(wide(k.loadScalar(stats, at)), sums, at); });
  k.each(k.index(0), k.scalar(0), 1, [&](Value row) {
    Value counts = k.compare(arith::CmpIPredicate::ne, k.loadScalar(mask, row), k.constant(k.i64(), int64_t(0)));
    k.when(counts, [&] {
      routing.softmax(k.mul(row, ldl));
      k.each(k.index(0), k.index(experts), 1, [&](Value expert) { accumulate(k.add(expert, experts), wide(routing.probability(expert))); });
      k.each(k.index(0), k.index(topK), 1, [&](Value) { accumulate(routing.pick().first, one); });
      accumulate(k.index(2 * experts), one);
    });
  });
  k.each(k.index(0), end, 1,
         [&](Value at) { k.storeScalar(arith::TruncFOp::create(k.ops(), k.f32(), k.loadScalar(sums, at)), stats, at); });
  k.end();
  return success();
}
