// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of one run per index: 1 in the column that the index names, 0 elsewhere.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitOneHot(KernelBuilder &k, const Kernel &kernel) {
  int64_t groups = kernel.size("groups"), cols = kernel.size("cols"), ldi = kernel.stride("indices"),
          ldo = kernel.stride("out");
  k.begin();
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    k.each(k.index(0), k.index(groups), 1, [&](Value group) {
      Value index = k.broadcast(k.loadScalar(k.operand(0), k.add(k.mul(row, ldi), group)));
      Value to = k.add(k.mul(row, ldo), k.mul(group, cols));
      k.columns(k.index(cols), [&](Value at, Value mask) {
        Value column = k.add(k.iota(), k.broadcast(k.indexCast(at, k.i32())));
        Value hit = k.compare(arith::CmpIPredicate::eq, column, index);
        k.store(k.select(hit, k.splat(1.0), k.splat(0.0)), k.operand(1), k.add(to, at), mask);
      });
    });
  });
  k.end();
}

KernelKinds kinds::OneHot() {
  return {{.name = "one_hot",
           .summary = "A run of columns per index: 1 in the one that the index names, 0 elsewhere.",
           .operands = {read("indices", "[rows.. | groups..] x i32"), write("out", "[rows.. | groups.., cols] x f32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .example = {"read [r, 2] x i32; write [r, 2, 8] x f32, row_rank = 2"},
           .emit = emitOneHot}};
}
