// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, keys] = mask at the `count` columns of each row that its indices name, and the lowest f32 elsewhere.
#include "Kernels.h"

#include <limits>

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitKeepKeys(KernelBuilder &k, Attributes &attributes) {
  int64_t count = attributes.integer("count"), ldi = attributes.integer("ldi");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.f32(), k.i32(), k.f32()}, 2);
  Value mask = k.operand(0), indices = k.operand(1), out = k.operand(2), keys = k.scalar(1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(row, keys);
    k.columns(keys, [&](Value at, Value lanes) { k.store(k.splat(std::numeric_limits<float>::lowest()), out, k.add(first, at), lanes); });
    // One by one: not every level has a vector store to scattered places.
    k.each(k.index(0), k.index(count), 1, [&](Value i) {
      Value key = k.loadIndex(indices, k.add(k.mul(row, ldi), i));
      // Unsigned: a negative number is none, either.
      k.when(k.compare(arith::CmpIPredicate::ult, key, keys),
             [&] { k.storeScalar(k.loadScalar(mask, k.add(first, key)), out, k.add(first, key)); });
    });
  });
  k.end();
  return success();
}
