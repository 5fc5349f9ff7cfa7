// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// loss = sum(row_loss) / sum(row_count), in f64 and in order of rows; NaN if no row counts.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitMean(KernelBuilder &k, const Kernel &kernel) {
  k.begin();
  Value zero = k.constant(k.f64(), 0.0);
  Values sums = k.loop(k.index(0), k.scalar(0), 1, {zero, zero}, [&](Value row, ValueRange carried) {
    Values next;
    for (unsigned i = 0; i < 2; ++i) {
      Value x = arith::ExtFOp::create(k.ops(), k.f64(), k.loadScalar(k.operand(i), row));
      next.push_back(k.add(carried[i], x));
    }
    return next;
  });
  Value loss = arith::TruncFOp::create(k.ops(), k.f32(), k.div(sums[0], sums[1]));
  k.storeScalar(loss, k.operand(2), k.index(0));
  k.end();
}

KernelKinds kinds::Mean() {
  return {
      {.name = "mean",
       .summary = "loss = sum(row_loss) / sum(row_count), in f64 and in order of rows.",
       .operands = {read("row_loss", "[rows..] x f32"), read("row_count", "[rows..] x f32"), write("loss", "[] x f32")},
       .scalars = {scalar("rows")},
       .example = {"read [r] x f32; read [r] x f32; write [] x f32"},
       .emit = emitMean}};
}
