// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What routers and their statistics share: softmax over the experts, and the greatest of them.
#ifndef VEOMNI_LIB_CODEGEN_CPU_ROUTING_H
#define VEOMNI_LIB_CODEGEN_CPU_ROUTING_H

#include "veomni/Codegen/CPU/KernelBuilder.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

namespace veomni::cpu {

/// {index, key} of the greatest of keys [0, count), whole vectors of f32 in scratch, of equal ones the first. It
/// becomes -infinity, so that the next call gives the next one. What is not a number counts as greater than any number;
/// one key at least must not be -infinity.
std::pair<mlir::Value, mlir::Value> takeGreatest(KernelBuilder &k, mlir::Value keys, int64_t count);

class RowRouting {
public:
  /// `logits`: rows of `experts` columns. Allocates a row of scratch.
  RowRouting(KernelBuilder &k, mlir::Value logits, int64_t experts);

  /// Computes the probabilities of the row that starts at `row`, in f32.
  void softmax(mlir::Value row);
  /// Takes the logits of the row in place of probabilities, for `pick`; those below the least finite number count as
  /// that.
  void takeLogits(mlir::Value row);
  /// Probabilities of neighbouring experts; of no meaning for those that were picked.
  mlir::Value load(Columns columns) { return k.load(probabilities, columns.at); }
  /// {index, probability} of the greatest one that was not picked yet, of equal ones the first. At most `experts`
  /// times.
  std::pair<mlir::Value, mlir::Value> pick();

private:
  mlir::Value loadLogits(mlir::Value row, Columns columns);

  KernelBuilder &k;
  mlir::Value logits, probabilities;
  int64_t experts;
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_ROUTING_H
