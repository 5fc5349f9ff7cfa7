// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rows that chose one expert, in rising order, and at which of their top_k places: `where(indices == expert)`.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitExpertRows(KernelBuilder &k, Attributes &attributes) {
  int64_t topK = attributes.integer("top_k"), ldi = attributes.integer("ldi");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i32(), k.i32(), k.i32(), k.i32()}, 2);
  Value indices = k.operand(0), tokens = k.operand(1), slots = k.operand(2), count = k.operand(3);
  Value expert = k.indexCast(k.scalar(1), k.i32());
  Values found = k.loop(k.index(0), k.scalar(0), 1, {k.index(0)}, [&](Value row, ValueRange carried) {
    // A row's experts differ, so that there is one hit at most.
    Values hit = k.loop(k.index(0), k.index(topK), 1, {k.index(topK)}, [&](Value slot, ValueRange last) {
      Value equal = k.compare(arith::CmpIPredicate::eq, k.loadScalar(indices, k.add(k.mul(row, ldi), slot)), expert);
      return Values{k.select(equal, slot, last[0])};
    });
    Value any = k.compare(arith::CmpIPredicate::ne, hit[0], k.index(topK));
    k.when(any, [&] {
      k.storeScalar(k.indexCast(row, k.i32()), tokens, carried[0]);
      k.storeScalar(k.indexCast(hit[0], k.i32()), slots, carried[0]);
    });
    return Values{k.select(any, k.add(carried[0], 1), carried[0])};
  });
  k.storeScalar(k.indexCast(found[0], k.i32()), count, k.index(0));
  k.end();
  return success();
}
