// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of `groups` runs, each of them a run of columns of a, then one of b.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

/// A run of a is as long as its rows say, where nothing else lies in them; what is left of a run of out is that of b.
static void checkConcat(Kernel &kernel, Problems &problems) {
  if (!kernel.hasAttribute("a_cols"))
    kernel.setSize("a_cols", std::max<int64_t>(kernel.size("a_width") / kernel.size("groups"), 1));
  int64_t cols = kernel.size("a_cols"), all = kernel.size("cols");
  if (cols >= all)
    problems.add("runs of a are " + std::to_string(cols) + " columns, expected fewer than the " + std::to_string(all) +
                 " of a run of out");
  kernel.setSize("b_cols", std::max<int64_t>(all - cols, 1));
}

static void emitConcat(KernelBuilder &k, const Kernel &kernel) {
  int64_t groups = kernel.size("groups"), aCols = kernel.size("a_cols"), bCols = kernel.size("b_cols");
  int64_t lda = kernel.stride("a"), ldb = kernel.stride("b"), ldo = kernel.stride("out");
  Runs aRuns = kernel.runs("a"), bRuns = kernel.runs("b");
  k.begin();
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
}

KernelKinds kinds::Concat() {
  return {{.name = "concat",
           .summary = "Rows of runs, each of them a run of a, then one of b.",
           .operands = {readRuns("a", "[rows.. | a_width..] x T", "groups", "a_cols"),
                        readRuns("b", "[rows.. | b_width..] x T", "groups", "b_cols"),
                        write("out", "[rows.. | groups.., cols] x T")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {optional(integer("a_cols", "columns of a run of a, where these lie within wider rows"))},
           .example = {"read [r, 2, 5] x bf16, row_rank = 2; read [r, 2, 3] x bf16, row_rank = 2; write [r, 2, 8] x "
                       "bf16, row_rank = 2"},
           .check = checkConcat,
           .emit = emitConcat}};
}
