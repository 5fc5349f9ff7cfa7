// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// values and indices = the top_k greatest of each run of a row in falling order, of equal ones the first. What is not a
// number counts as greatest.
#include "../Routing.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitTopK(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), topK = kernel.size("top_k"), groups = kernel.size("groups");
  int64_t ldx = kernel.stride("x"), ldv = kernel.stride("values"), ldi = kernel.stride("indices");
  k.begin();
  Value keys = k.scratch(llvm::alignTo(cols, k.lanes()), k.f32());
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    k.each(k.index(0), k.index(groups), 1, [&](Value group) {
      Value from = k.add(k.mul(row, ldx), k.mul(group, cols)), to = k.mul(group, topK);
      // Columns that do not exist are never taken: as many others are at least as great, and come first.
      k.columns(cols, 1, [&](ArrayRef<Columns> run) {
        Value x = k.load(k.operand(0), k.add(from, run[0].at), run[0].count);
        k.store(run[0].count == k.lanes() ? x : k.select(k.mask(run[0].count), x, k.splat(-INFINITY)), keys, run[0].at);
      });
      k.each(k.index(0), k.index(topK), 1, [&](Value i) {
        auto [index, key] = takeGreatest(k, keys, cols);
        Value place = k.add(to, i);
        k.store(k.broadcast(key), k.operand(1), k.add(k.mul(row, ldv), place), 1);
        k.storeScalar(k.indexCast(index, k.i32()), k.operand(2), k.add(k.mul(row, ldi), place));
      });
    });
  });
  k.end();
}

KernelKinds kinds::TopK() {
  return {
      {.name = "top_k",
       .summary = "The greatest of each run of columns in falling order, of equal ones the first, and where they are.",
       .operands = {read("x", "[rows.. | groups.., cols] x T"), write("values", "[rows.. | groups.., top_k] x T"),
                    write("indices", "[rows.. | groups.., top_k] x i32")},
       .scalars = {scalar("rows")},
       .workgroups = {blocks("rows", kRowBlock)},
       .example = {"read [r, 20] x bf16; write [r, 2] x bf16; write [r, 2] x i32"},
       .check = [](Kernel &kernel, Problems &problems) { kernel.expectAtMost("top_k", "cols", problems); },
       .emit = emitTopK}};
}
