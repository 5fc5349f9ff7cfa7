// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of `groups` runs, each of them a run of columns of a, then one of b.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitConcat(KernelBuilder &k, Attributes &attributes) {
  int64_t groups = attributes.integer("groups"), aCols = attributes.integer("a_cols"), bCols = attributes.integer("b_cols");
  int64_t lda = attributes.integer("lda"), ldb = attributes.integer("ldb"), ldo = attributes.integer("ldo");
  Runs aRuns = attributes.runs("a", aCols), bRuns = attributes.runs("b", bCols);
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, type, type}, 1);
  Value a = k.operand(0), b = k.operand(1), out = k.operand(2);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value aRow = k.add(k.mul(row, lda), aRuns.at), bRow = k.add(k.mul(row, ldb), bRuns.at), outRow = k.mul(row, ldo);
    k.each(k.index(0), k.index(groups), 1, [&](Value i) {
      Value to = k.add(outRow, k.mul(i, aCols + bCols));
      copyColumns(k, aCols, a, k.add(aRow, k.mul(i, aRuns.run)), out, to);
      copyColumns(k, bCols, b, k.add(bRow, k.mul(i, bRuns.run)), out, k.add(to, aCols));
    });
  });
  k.end();
  return success();
}
