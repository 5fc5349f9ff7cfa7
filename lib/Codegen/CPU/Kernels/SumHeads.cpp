// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the sum of the `groups` runs of columns of each row, column by column, in order.
#include "../Runs.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitSumHeads(KernelBuilder &k, const Kernel &kernel) {
  RunsOfRows rows(kernel);
  int64_t ldx = kernel.stride("x"), ldo = kernel.stride("out");
  k.begin();
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value to = rows.run(k, row, k.index(0), ldo, 1);
    k.columns(rows.cols(k), [&](Value at, Value mask) {
      Value total = k.loop(k.index(0), k.index(rows.groups()), 1, {k.splat(0.0)}, [&](Value group, ValueRange sum) {
        Value from = rows.run(k, row, group, ldx, rows.groups());
        return Values{k.add(sum[0], k.load(k.operand(0), k.add(from, at), mask))};
      })[0];
      k.store(total, k.operand(1), k.add(to, at), mask);
    });
  });
  k.end();
}

KernelKinds kinds::SumHeads() {
  return {{.name = "sum_heads",
           .summary = "out = the sum of the runs of columns of each row, in order.",
           .operands = {read("x", "[rows.. | groups, cols] x f32"), write("out", "[rows.. | 1, cols] x f32")},
           .scalars = {scalar("rows"), RunsOfRows::columns()},
           .workgroups = {blocks("rows", kRowBlock)},
           .example = {"read [r, 7, c] x f32; write [r, 1, c] x f32"},
           .emit = emitSumHeads}};
}
