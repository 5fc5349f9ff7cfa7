// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = x in another element type, or runs of columns of x one behind another.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

void veomni::cpu::copyColumns(KernelBuilder &k, int64_t cols, Value from, Value fromAt, Value to, Value toAt) {
  k.columns(cols, 4, [&](ArrayRef<Columns> run) {
    for (Columns c : run)
      k.store(k.load(from, k.add(fromAt, c.at), c.count), to, k.add(toAt, c.at), c.count);
  });
}

LogicalResult veomni::cpu::emitConvert(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), groups = attributes.integerOr("groups", 1, 1), ldx = attributes.integer("ldx"),
          ldo = attributes.integer("ldo");
  Runs xRuns = attributes.runs("x", cols);
  Type xType = attributes.elementType("x_type"), outType = attributes.elementType("out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({xType, outType}, 1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value xRow = k.add(k.mul(row, ldx), xRuns.at), outRow = k.mul(row, ldo);
    k.each(k.index(0), k.index(groups), 1, [&](Value i) {
      copyColumns(k, cols, k.operand(0), k.add(xRow, k.mul(i, xRuns.run)), k.operand(1), k.add(outRow, k.mul(i, cols)));
    });
  });
  k.end();
  return success();
}
