// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[i] = x[tokens[i]] for the rows of one expert.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitExpertGather(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), ldx = kernel.stride("x"), ldo = kernel.stride("out");
  k.begin();
  k.rows(k.countedRows(k.scalar(0), k.operand(2)), kRowBlock, [&](Value row) {
    Value token = k.loadIndex(k.operand(1), row);
    Value xRow = k.mul(token, ldx), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.loadRaw(k.operand(0), k.add(xRow, c.at), c.count), k.operand(3), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::ExpertGather() {
  return {{.name = "expert_gather",
           .summary = "out[i] = x[tokens[i]] for i < count.",
           .operands = {read("x", "[tokens.. | cols] x T"), read("tokens", "[rows..] x i32", "below `tokens`"),
                        read("count", "[1] x i32"), write("out", "[rows.. | cols] x T")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .example = {"read [t, 20] x bf16; read [r] x i32; read [1] x i32; write [r, 20] x bf16"},
           .emit = emitExpertGather}};
}
