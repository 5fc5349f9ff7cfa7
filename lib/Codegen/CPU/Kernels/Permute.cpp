// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[i] = x[routes[i] / top_k]: the rows of tokens, once for each of their routes.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitPermute(KernelBuilder &k, const Kernel &kernel) {
  const int64_t cols = kernel.size("cols"), ldx = kernel.stride("x"), ldo = kernel.stride("out"),
                topK = kernel.integer("top_k");
  k.begin();
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value token = k.div(k.loadIndex(k.operand(1), row), topK);
    Value xRow = k.mul(token, ldx), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.loadRaw(k.operand(0), k.add(xRow, c.at), c.count), k.operand(2), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::Permute() {
  return {{.name = "permute",
           .summary = "out[i] = x[routes[i] / top_k].",
           .operands = {read("x", "[tokens.. | cols] x T"), read("routes", "[rows] x i32", "below `tokens * top_k`"),
                        write("out", "[rows | cols] x T")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {integer("top_k", "routes of a token", 1)},
           .example = {"read [t, 20] x bf16; read [r] x i32; write [r, 20] x bf16", "{top_k = 2}"},
           .emit = emitPermute}};
}
