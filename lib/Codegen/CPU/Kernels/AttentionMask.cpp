// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, seq] = 0 where query s sees key t, and the lowest f32 elsewhere: the rule of `attention`.
#include "Kernels.h"

#include <limits>

using namespace veomni::cpu;
using namespace mlir;
using arith::CmpIPredicate;

LogicalResult veomni::cpu::emitAttentionMask(KernelBuilder &k, Attributes &attributes) {
  int64_t window = attributes.integer("window", 0);
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i32(), k.i64(), k.f32()}, 3);
  Value seq = k.scalar(1), masked = k.compare(CmpIPredicate::ne, k.scalar(2), k.index(0));
  auto vectorOfIndex = [&](Value x) { return k.broadcast(k.indexCast(x, k.i32())); };
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(k.div(row, seq), seq), query = k.sub(row, first), start = k.loadIndex(k.operand(0), row);
    if (window)
      start = k.max(start, k.sub(query, window - 1));
    Value low = vectorOfIndex(start), high = vectorOfIndex(query);
    k.columns(seq, [&](Value at, Value mask) {
      Value key = k.add(k.iota(), vectorOfIndex(at));
      Value given = k.loadRaw(k.operand(1), k.add(first, at), mask);
      Value unmasked = k.compare(CmpIPredicate::ne, given, k.constant(given.getType(), int64_t(0)));
      Value seen = k.bitAnd(k.compare(CmpIPredicate::sge, key, low), k.compare(CmpIPredicate::sle, key, high));
      seen = k.select(masked, k.bitAnd(seen, unmasked), seen);
      Value lowest = k.splat(std::numeric_limits<float>::lowest());
      k.store(k.select(seen, k.splat(0.0), lowest), k.operand(2), k.add(k.mul(row, seq), at), mask);
    });
  });
  k.end();
  return success();
}
