// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[s] = x[s - by] where the document of token s, which begins at starts[s], reaches back so far, and 0 elsewhere.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitShiftTokens(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), by = kernel.integer("by"), ldx = kernel.stride("x"), ldo = kernel.stride("out");
  k.begin();
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
}

KernelKinds kinds::ShiftTokens() {
  return {{.name = "shift_tokens",
           .summary = "out[s] = x[s - by], or 0 where that is before the document of token s.",
           .operands = {read("x", "[batch, seq | cols..] x T"), read("starts", "[batch, seq] x i32"),
                        write("out", "[batch, seq | cols..] x T")},
           .scalars = {{"rows", "batch * seq"}, scalar("seq")},
           .workgroups = {blocks("batch * seq", kRowBlock)},
           .attributes = {integer("by", "how many tokens")},
           .example = {"read [b, s, 20] x bf16; read [b, s] x i32; write [b, s, 20] x bf16", "{by = 1}"},
           .emit = emitShiftTokens}};
}
