// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[row] = table[ids[row]]. Whoever calls has checked the ids: the loader does, by the range that the input states.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitEmbedding(KernelBuilder &k, Attributes &attributes) {
  int64_t hidden = attributes.integer("hidden"), ldo = attributes.integer("ldo");
  Type tableType = attributes.elementType("table_type"), outType = attributes.elementType("out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i64(), tableType, outType}, 1);
  k.rows(k.scalar(0), kWideRowBlock, [&](Value row) {
    Value id = k.loadIndex(k.operand(0), row);
    Value tableRow = k.mul(id, hidden), outRow = k.mul(row, ldo);
    k.columns(hidden, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.load(k.operand(1), k.add(tableRow, c.at), c.count), k.operand(2), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
