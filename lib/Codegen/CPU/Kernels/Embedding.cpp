// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[row] = table[ids[row]]. Whoever calls has checked the ids: the loader does, by the range that the input states.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

// [kind]
static void emitEmbedding(KernelBuilder &k, const Kernel &kernel) {
  int64_t hidden = kernel.size("hidden"), ldo = kernel.stride("out");
  k.begin();
  k.rows(k.scalar(0), kWideRowBlock, [&](Value row) {
    Value id = k.loadIndex(k.operand(0), row);
    Value tableRow = k.mul(id, hidden), outRow = k.mul(row, ldo);
    k.columns(hidden, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.load(k.operand(1), k.add(tableRow, c.at), c.count), k.operand(2), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::Embedding() {
  return {{.name = "embedding",
           .summary = "out[row] = table[ids[row]].",
           .operands = {read("ids", "[rows..] x i64", "below `vocab`"), read("table", "[vocab, hidden] x W"),
                        write("out", "[rows.. | hidden] x O")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kWideRowBlock)},
           .example = {"read [r] x i64; read [100, 24] x bf16; write [r, 24] x bf16"},
           .emit = emitEmbedding}};
}
// [/kind]
