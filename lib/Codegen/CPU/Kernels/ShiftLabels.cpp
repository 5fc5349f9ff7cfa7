// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[s] = labels[s + 1] within each of the batch's rows, and `fill` in the last place.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitShiftLabels(KernelBuilder &k, Attributes &attributes) {
  int64_t fill = attributes.integer("fill", std::numeric_limits<int64_t>::min());
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i64(), k.i64()}, 2);
  Value seq = k.scalar(1), base = k.mul(k.workgroup(0), seq), last = k.sub(seq, 1);
  k.each(k.index(0), last, 1,
         [&](Value s) { k.storeScalar(k.loadScalar(k.operand(0), k.add(k.add(base, s), 1)), k.operand(1), k.add(base, s)); });
  k.storeScalar(k.constant(k.i64(), fill), k.operand(1), k.add(base, last));
  k.end();
  return success();
}
