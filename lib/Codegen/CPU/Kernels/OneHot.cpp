// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of one run per index: 1 in the column that the index names, 0 elsewhere.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitOneHot(KernelBuilder &k, Attributes &attributes) {
  int64_t groups = attributes.integer("groups"), cols = attributes.integer("cols");
  int64_t ldi = attributes.integer("ldi"), ldo = attributes.integer("ldo");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i32(), k.f32()}, 1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    k.each(k.index(0), k.index(groups), 1, [&](Value group) {
      Value index = k.broadcast(k.loadScalar(k.operand(0), k.add(k.mul(row, ldi), group)));
      Value to = k.add(k.mul(row, ldo), k.mul(group, cols));
      k.columns(k.index(cols), [&](Value at, Value mask) {
        Value column = k.add(k.iota(), k.broadcast(k.indexCast(at, k.i32())));
        Value hit = k.compare(arith::CmpIPredicate::eq, column, index);
        k.store(k.select(hit, k.splat(1.0), k.splat(0.0)), k.operand(1), k.add(to, at), mask);
      });
    });
  });
  k.end();
  return success();
}
