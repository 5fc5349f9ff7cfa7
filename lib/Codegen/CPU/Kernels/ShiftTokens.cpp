// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[s] = x[s - by] where the document of token s, which begins at starts[s], reaches back so far, and 0 elsewhere.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitShiftTokens(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), by = attributes.integer("by");
  int64_t ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo");
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i32(), type}, 2);
  Value x = k.operand(0), starts = k.operand(1), out = k.operand(2), seq = k.scalar(1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    // A start below 0 reaches no further than the batch's row does.
    Value token = k.sub(row, k.mul(k.div(row, seq), seq)), start = k.max(k.loadIndex(starts, row), k.index(0));
    Value to = k.mul(row, ldo);
    auto fill = [&] {
      k.columns(cols, 4, [&](ArrayRef<Columns> run) {
        for (Columns c : run)
          k.store(k.splat(0.0), out, k.add(to, c.at), c.count);
      });
    };
    auto copy = [&] { copyColumns(k, cols, x, k.mul(k.sub(row, by), ldx), out, to); };
    k.when(k.compare(arith::CmpIPredicate::sge, k.sub(token, by), start), copy, fill);
  });
  k.end();
  return success();
}
