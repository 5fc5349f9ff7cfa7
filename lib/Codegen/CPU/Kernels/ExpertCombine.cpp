// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// acc[tokens[i]] += weight * expert_out[i] for the rows of one expert. A token is there once, so that no two workgroups share a row.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitExpertCombine(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldx = attributes.integer("ldx"), lda = attributes.integer("lda"),
          ldw = attributes.integer("ldw");
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i32(), k.i32(), k.i32(), k.f32(), k.f32()}, 1);
  Value out = k.operand(0), sums = k.operand(5);
  k.rows(k.countedRows(k.scalar(0), k.operand(3)), kRowBlock, [&](Value row) {
    Value token = k.loadIndex(k.operand(1), row), slot = k.loadIndex(k.operand(2), row);
    Value weight = k.broadcast(k.loadScalar(k.operand(4), k.add(k.mul(token, ldw), slot)));
    Value outRow = k.mul(row, ldx), sumRow = k.mul(token, lda);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run) {
        Value at = k.add(sumRow, c.at);
        k.store(k.fma(weight, k.load(out, k.add(outRow, c.at), c.count), k.load(sums, at, c.count)), sums, at, c.count);
      }
    });
  });
  k.end();
  return success();
}
