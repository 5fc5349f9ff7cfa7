// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[s] = labels[s + 1] within each of the batch's rows, and `fill` in the last place.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitShiftLabels(KernelBuilder &k, const Kernel &kernel) {
  int64_t fill = kernel.integer("fill");
  k.begin();
  Value seq = k.scalar(1), base = k.mul(k.workgroup(0), seq), last = k.sub(seq, 1);
  k.each(k.index(0), last, 1, [&](Value s) {
    k.storeScalar(k.loadScalar(k.operand(0), k.add(k.add(base, s), 1)), k.operand(1), k.add(base, s));
  });
  k.storeScalar(k.constant(k.i64(), fill), k.operand(1), k.add(base, last));
  k.end();
}

KernelKinds kinds::ShiftLabels() {
  return {{.name = "shift_labels",
           .summary = "out[s] = labels[s + 1] within each row of the batch, and `fill` in the last place.",
           .operands = {read("labels", "[batch, seq] x i64"), write("out", "[batch, seq] x i64")},
           .scalars = {scalar("batch"), scalar("seq")},
           .workgroups = {"batch"},
           .attributes = {integer("fill", "the last label", std::numeric_limits<int64_t>::min())},
           .example = {"read [b, s] x i64; write [b, s] x i64", "{fill = -100}"},
           .emit = emitShiftLabels}};
}
