// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[i] = x[tokens[i]] for the rows of one expert.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitExpertGather(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo");
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i32(), k.i32(), type}, 1);
  k.rows(k.countedRows(k.scalar(0), k.operand(2)), kRowBlock, [&](Value row) {
    Value token = k.loadIndex(k.operand(1), row);
    Value xRow = k.mul(token, ldx), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.loadRaw(k.operand(0), k.add(xRow, c.at), c.count), k.operand(3), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
