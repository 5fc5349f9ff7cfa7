// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Softmax of rows whose scores come in blocks of columns (Milakov and Gimelshein, arXiv:1805.02867).
#ifndef VEOMNI_LIB_CODEGEN_CPU_ONLINESOFTMAX_H
#define VEOMNI_LIB_CODEGEN_CPU_ONLINESOFTMAX_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

namespace veomni::cpu {

/// Emits the steps of rows [0, rows) whose running state, maximum and sum of weights so far, lives in scratch memory.
/// Scores are base 2 logarithms of weights; those of one block, `tileRows` rows of `stride` columns, lie in `scores`.
class OnlineSoftmax {
public:
  OnlineSoftmax(KernelBuilder &k, int64_t rows, int64_t tileRows, int64_t columns);

  mlir::Value scores() const { return block; }
  int64_t stride() const { return blockStride; }

  /// Rows begin as if they had seen `score`, one f32 with no value to weigh. Call before `reset`.
  void beginWith(mlir::Value score);
  /// Makes `row` one that has seen nothing else.
  void reset(mlir::Value row);
  /// Hides score j of row r of the block unless from <= j < to, and visible[at + j] != 0 (i32), for j in [start, end):
  /// whole vectors.
  void hide(mlir::Value r, mlir::Value start, mlir::Value end, mlir::Value from, mlir::Value to, mlir::Value visible,
            mlir::Value at);
  /// Replaces the block's scores by weights, for rows [row0, row0 + tileRows). `columns`: a multiple of two vectors.
  void weigh(mlir::Value row0, mlir::Value columns);
  /// What sums of row r of the block so far must be multiplied by, after `weigh`; a vector.
  mlir::Value correction(int64_t r);
  /// What the final sums of `row` must be multiplied by, as a vector; of no meaning for a blind row.
  mlir::Value norm(mlir::Value row);
  /// Whether `row` has seen nothing but hidden scores, an i1. False for rows that began with one.
  mlir::Value blind(mlir::Value row);

private:
  void weighTogether(mlir::Value r, mlir::Value row, mlir::Value columns, int64_t count);

  KernelBuilder &k;
  const int64_t tileRows, blockStride;
  mlir::Value block, maxima, sums, corrections;
  /// Of a row that has seen nothing.
  mlir::Value firstMaximum, firstSum;
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_ONLINESOFTMAX_H
