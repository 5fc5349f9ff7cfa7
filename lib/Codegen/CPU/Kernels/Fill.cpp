// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitFill(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldo = attributes.integer("ldo");
  Type type = attributes.elementType("type");
  double value = attributes.number("value");
  if (failed(attributes.check()))
    return failure();

  k.begin({type}, 1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.splat(value), k.operand(0), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
