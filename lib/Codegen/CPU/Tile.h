// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The inner loop of matrix products: some rows of A times some columns of packed panels, accumulated in registers.
#ifndef VEOMNI_LIB_CODEGEN_CPU_TILE_H
#define VEOMNI_LIB_CODEGEN_CPU_TILE_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

namespace veomni::cpu {

/// Accumulator (r, c, v), at index (r * columns.size() + c) * vectors + v, is row r times vector v of column block c.
/// Each is summed in ascending k by one chain of fused multiply-adds, so that a row's result does not depend on the
/// tile that it falls into.
struct Tile {
  /// f32; or bf16, which takes pairs of k by dot instructions and needs `pairs`.
  mlir::Value a;
  /// Offset of element k = 0 of each row.
  llvm::SmallVector<mlir::Value> rows;
  /// f32 panels [K][32], or bf16 ones [ceil(K/2)][32][2] seen as i32 if `pairs`.
  mlir::Value b;
  bool pairs = false;
  /// Offset of k = 0 of each column block.
  llvm::SmallVector<mlir::Value> columns;
  /// Vectors per column block.
  int64_t vectors = 2;

  int64_t kPerStep() const { return pairs ? 2 : 1; }
  int64_t size() const { return int64_t(rows.size() * columns.size()) * vectors; }
};

/// Adds k in [from, to), which must be a multiple of `unroll * kPerStep()`, to the accumulators.
KernelBuilder::Values accumulate(KernelBuilder &k, const Tile &tile, mlir::Value from, mlir::Value to, int64_t unroll,
                                 mlir::ValueRange accumulators);

/// The same for [0, length) of any length known here.
KernelBuilder::Values accumulateAll(KernelBuilder &k, const Tile &tile, int64_t length, int64_t unroll,
                                    mlir::ValueRange accumulators);

/// The two f32 vectors of a vector of i32 that holds pairs of bf16: first elements, second elements.
std::pair<mlir::Value, mlir::Value> widenPairs(KernelBuilder &k, mlir::Value pairs);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_TILE_H
