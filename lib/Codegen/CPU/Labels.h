// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What kernels of the cross entropy share: which class each row of logits is scored against, and what becomes of its
// score.
#ifndef VEOMNI_LIB_CODEGEN_CPU_LABELS_H
#define VEOMNI_LIB_CODEGEN_CPU_LABELS_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

namespace veomni::cpu {

struct Labels {
  int64_t vocab, ignoreIndex;

  /// `classes`: the size of the vocabulary.
  static Labels of(const Kernel &kernel, llvm::StringRef classes);
  /// What kinds that score against labels declare.
  static std::vector<AttributeRule> attributes();

  struct Label {
    /// The class as index, or 0; whether there is such a class; whether the row is scored at all. The latter two are
    /// i1.
    mlir::Value column, known, scored;
  };
  Label of(KernelBuilder &k, mlir::Value labels, mlir::Value row) const;
};

/// The body of a kernel that writes row_loss = logsumexp - logit and row_count = 1, or both 0 for rows that are not
/// scored: workgroups are blocks of rows, the scalar is their number. `score` gives logsumexp and the logit of a column
/// of one row, both f64.
void emitRowLosses(KernelBuilder &k, const Labels &labels, mlir::Value labelBuffer, mlir::Value losses,
                   mlir::Value counts,
                   llvm::function_ref<std::pair<mlir::Value, mlir::Value>(mlir::Value row, mlir::Value column)> score);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_LABELS_H
