// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = 1 in rows whose number is not `value`, otherwise 0.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitNotEqual(KernelBuilder &k, Attributes &attributes) {
  int64_t value = attributes.integer("value", std::numeric_limits<int64_t>::min()), ldo = attributes.integer("ldo");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i64(), k.f32()}, 1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value other = k.compare(arith::CmpIPredicate::ne, k.loadScalar(k.operand(0), row), k.constant(k.i64(), value));
    k.storeScalar(k.select(other, k.constant(k.f32(), 1.0), k.constant(k.f32(), 0.0)), k.operand(1), k.mul(row, ldo));
  });
  k.end();
  return success();
}
