// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = a + b, in f32, rounded once.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

// [kind]
static void emit(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), lda = kernel.stride("a"), ldb = kernel.stride("b"), ldo = kernel.stride("out");
  k.begin();
  Value a = k.operand(0), b = k.operand(1), out = k.operand(2);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value aRow = k.mul(row, lda), bRow = k.mul(row, ldb), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      SmallVector<Value> sums;
      for (Columns c : run)
        sums.push_back(k.add(k.load(a, k.add(aRow, c.at), c.count), k.load(b, k.add(bRow, c.at), c.count)));
      for (auto [c, sum] : llvm::zip(run, sums))
        k.store(sum, out, k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::Add() {
  return {{.name = "add",
           .summary = "out = a + b, rounded once.",
           .operands = {read("a", "[rows.. | cols..] x T"), read("b", "[rows.. | cols..] x T"),
                        write("out", "[rows.. | cols..] x T", /*over=*/{"a", "b"})},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .example = {"read [r, 8] x f32; read [r, 8] x f32; write [r, 8] x f32"},
           .emit = emit}};
}
// [/kind]
