// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = x in another element type, or runs of columns of x one behind another.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

void veomni::cpu::copyColumns(KernelBuilder &k, int64_t cols, Value from, Value fromAt, Value to, Value toAt) {
  k.columns(cols, 4, [&](ArrayRef<Columns> run) {
    for (Columns c : run)
      k.store(k.load(from, k.add(fromAt, c.at), c.count), to, k.add(toAt, c.at), c.count);
  });
}

static void checkConvert(Kernel &kernel, Problems &problems) {
  if (!kernel.hasAttribute("x_cols"))
    kernel.setSize("x_cols", kernel.size("cols"));
  kernel.expectMultiple("cols", "x_cols", problems);
  kernel.setSize("groups", std::max<int64_t>(kernel.size("cols") / kernel.size("x_cols"), 1));
  kernel.setSize("words", kernel.element("x") == "i64" ? 2 : 1);
  if ((kernel.isInteger("x") || kernel.isInteger("out")) && kernel.element("x") != kernel.element("out"))
    problems.add("x is " + kernel.element("x") + " and out is " + kernel.element("out") +
                 ", expected integers to stay what they are");
}

static void emitConvert(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("x_cols"), groups = kernel.size("groups"), words = kernel.size("words");
  int64_t ldx = kernel.stride("x") * words, ldo = kernel.stride("out") * words;
  Runs xRuns = kernel.runs("x");
  // A copy of f32 leaves words of 32 bits as they are.
  Type word = k.f32();
  if (kernel.isInteger("x"))
    k.begin({{"x", word}, {"out", word}});
  else
    k.begin();
  xRuns.at *= words, xRuns.run *= words, cols *= words;
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value xRow = k.add(k.mul(row, ldx), xRuns.at), outRow = k.mul(row, ldo);
    k.each(k.index(0), k.index(groups), 1, [&](Value i) {
      copyColumns(k, cols, k.operand(0), k.add(xRow, k.mul(i, xRuns.run)), k.operand(1), k.add(outRow, k.mul(i, cols)));
    });
  });
  k.end();
}

KernelKinds kinds::Convert() {
  return {{.name = "convert",
           .summary = "out = x in another element type, or runs of columns of x one behind another.",
           .operands = {readRuns("x", "[rows.. | x_width..] x f32|bf16|i32|i64", "groups", "x_cols"),
                        write("out", "[rows.. | cols..] x f32|bf16|i32|i64", /*over=*/{"x"})},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {optional(integer("x_cols", "columns of a run of x, where several lie within wider rows"))},
           .example = {"read [r, 8] x f32; write [r, 8] x bf16"},
           .check = checkConvert,
           .emit = emitConvert}};
}
