// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = x in another element type.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitConvert(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo");
  Type xType = attributes.elementType("x_type"), outType = attributes.elementType("out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({xType, outType}, 1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value xRow = k.mul(row, ldx), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.load(k.operand(0), k.add(xRow, c.at), c.count), k.operand(1), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
