// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the sum of all runs of all rows, column by column, in f64 and in order. One workgroup.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitSumRows(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), groups = kernel.size("width") / cols, ldx = kernel.stride("x");
  k.begin();
  auto wide = k.vectorOf(k.f64());
  k.columns(k.index(cols), [&](Value at, Value mask) {
    Value total = k.loop(k.index(0), k.scalar(0), 1, {k.constant(wide, 0.0)}, [&](Value row, ValueRange ofRows) {
      return k.loop(k.index(0), k.index(groups), 1, ofRows, [&](Value group, ValueRange sum) {
        Value x = k.load(k.operand(0), k.add(k.add(k.mul(row, ldx), k.mul(group, cols)), at), mask);
        return Values{k.add(sum[0], arith::ExtFOp::create(k.ops(), wide, x))};
      });
    })[0];
    k.store(arith::TruncFOp::create(k.ops(), k.vectorOf(k.f32()), total), k.operand(1), at, mask);
  });
  k.end();
}

KernelKinds kinds::SumRows() {
  return {{.name = "sum_rows",
           .summary = "out = the sum of all runs of columns of all rows, in f64 and in order.",
           .operands = {read("x", "[rows.. | width..] x f32"), write("out", "[cols..] x f32")},
           .scalars = {scalar("rows")},
           .example = {"read [r, 2, 20] x f32, row_rank = 2; write [20] x f32"},
           .check = [](Kernel &kernel, Problems &problems) { kernel.expectMultiple("width", "cols", problems); },
           .emit = emitSumRows}};
}
