// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the row of x at the last token that is no padding: what a model says of a whole text.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitLastToken(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), ldx = kernel.stride("x"), ldo = kernel.stride("out");
  const bool hasPadding = kernel.hasAttribute("padding");
  k.begin();
  Value x = k.operand(0), ids = k.operand(1), out = k.operand(2), seq = k.scalar(1);
  Value base = k.mul(k.workgroup(0), seq), last = k.sub(seq, 1);
  if (hasPadding) {
    Value padding = k.constant(k.i64(), kernel.integer("padding"));
    last = k.loop(k.index(0), seq, 1, {k.index(0)}, [&](Value s, ValueRange carried) {
      Value counts = k.compare(arith::CmpIPredicate::ne, k.loadScalar(ids, k.add(base, s)), padding);
      return Values{k.select(counts, s, carried[0])};
    })[0];
  }
  copyColumns(k, cols, x, k.mul(k.add(base, last), ldx), out, k.mul(k.workgroup(0), ldo));
  k.end();
}

KernelKinds kinds::LastToken() {
  return {{.name = "last_token",
           .summary = "out = x at the last token of each row whose id is not `padding`; the first where there is none.",
           .details = "Without `padding` it is the last token.",
           .operands = {read("x", "[batch, seq | cols] x X"), read("ids", "[batch, seq] x i64"),
                        write("out", "[batch | cols] x O")},
           .scalars = {scalar("batch"), scalar("seq")},
           .workgroups = {"batch"},
           .attributes = {optional(integer("padding", "the id of padding", std::numeric_limits<int64_t>::min()))},
           .example = {"read [b, s, 20] x f32; read [b, s] x i64; write [b, 20] x f32", "{padding = 0}"},
           .emit = emitLastToken}};
}
