// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A transpose in log2(lanes) stages of shuffles.
#include "Transpose.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

/// Each stage swaps the off-diagonal blocks of `d` x `d` within blocks twice as large.
void veomni::cpu::transpose(KernelBuilder &k, KernelBuilder::Values &rows) {
  int64_t n = k.lanes();
  for (int64_t d = 1; d < n; d *= 2) {
    SmallVector<int64_t> upper(n), lower(n);
    for (int64_t lane = 0; lane < n; ++lane) {
      upper[lane] = lane & d ? n + lane - d : lane;
      lower[lane] = lane & d ? n + lane : lane + d;
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i & d)
        continue;
      Value x = rows[i], y = rows[i + d];
      rows[i] = vector::ShuffleOp::create(k.ops(), x, y, upper);
      rows[i + d] = vector::ShuffleOp::create(k.ops(), x, y, lower);
    }
  }
}
