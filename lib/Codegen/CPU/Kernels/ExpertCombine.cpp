// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// acc[tokens[i]] += weight * expert_out[i] for the rows of one expert. A token is there once, so that no two workgroups
// share a row.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitExpertCombine(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), ldx = kernel.stride("x"), lda = kernel.stride("acc"),
          ldw = kernel.stride("weights");
  k.begin();
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
}

KernelKinds kinds::ExpertCombine() {
  return {{.name = "expert_combine",
           .summary = "acc[tokens[i]] += weights[tokens[i], slots[i]] * x[i] for i < count.",
           .operands = {read("x", "[rows.. | cols] x T"), read("tokens", "[rows..] x i32", "below `tokens`"),
                        read("slots", "[rows..] x i32", "below `top_k`"), read("count", "[1] x i32"),
                        read("weights", "[tokens.. | top_k] x f32"), readWrite("acc", "[tokens.. | cols] x f32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .example = {"read [r, 20] x bf16; read [r] x i32; read [r] x i32; read [1] x i32; read [t, 2] x f32; "
                       "read_write [t, 20] x f32"},
           .emit = emitExpertCombine}};
}
