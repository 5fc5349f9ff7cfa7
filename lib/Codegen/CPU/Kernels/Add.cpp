// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = a + b, in f32, rounded once.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitAdd(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), lda = attributes.integer("lda"), ldb = attributes.integer("ldb");
  int64_t ldo = attributes.integer("ldo");
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, type, type}, 1);
  Value a = k.operand(0), b = k.operand(1), out = k.operand(2);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value aRow = k.mul(row, lda), bRow = k.mul(row, ldb), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      SmallVector<Value> sums;
      for (Columns c : run)
        sums.push_back(k.add(k.load(a, k.add(aRow, c.at), c.count), k.load(b, k.add(bRow, c.at), c.count)));
      for (auto [c, sum] : llvm::zip(run, sums))
        k.store(sum, out, k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
