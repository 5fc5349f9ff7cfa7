// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the sum of all runs of all rows, column by column, in f64 and in order. One workgroup.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitSumRows(KernelBuilder &k, Attributes &attributes) {
  int64_t groups = attributes.integer("groups"), cols = attributes.integer("cols"), ldx = attributes.integer("ldx");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.f32(), k.f32()}, 1);
  auto wide = k.vectorOf(k.f64());
  k.columns(k.index(cols), [&](Value at, Value mask) {
    Value total = k.loop(k.index(0), k.scalar(0), 1, {k.constant(wide, 0.0)}, [&](Value row, ValueRange ofRows) {
      return k.loop(k.index(0), k.index(groups), 1, ofRows, [&](Value group, ValueRange sum) {
        Value x = k.load(k.operand(0), k.add(k.add(k.mul(row, ldx), k.mul(group, cols)), at), mask);
        return Values{k.add(sum[0], arith::ExtFOp::create(k.ops(), wide, x))};
      });
    })[0];
    k.store(arith::TruncFOp::create(k.ops(), k.vectorOf(k.f32()), total), k.operand(1), at, mask);
  });
  k.end();
  return success();
}
