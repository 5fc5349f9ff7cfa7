// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the kernels of eager ops see their operands: rows of `groups` runs of columns.
#ifndef VEOMNI_LIB_CODEGEN_CPU_KERNELS_RUNS_H
#define VEOMNI_LIB_CODEGEN_CPU_KERNELS_RUNS_H

#include "Kernels.h"

namespace veomni::cpu {

/// `groups` (1 if there is no such attribute) runs of `cols` columns. Without an attribute `cols` a last scalar says how many columns a run
/// has; rows that hold so many lie one behind another, and have no stride among the attributes.
class RunsOfRows {
public:
  using Value = mlir::Value;

  explicit RunsOfRows(Attributes &attributes);

  /// The scalars of the kernel: rows, and maybe columns.
  unsigned scalars() const { return staticCols ? 1 : 2; }
  Value cols(KernelBuilder &k) const { return staticCols ? k.index(staticCols) : k.scalar(1); }
  int64_t groups() const { return groupCount; }
  /// Of an operand. Dynamic columns are f32: without instructions for bf16 a mask that is no constant takes such vectors apart.
  mlir::Type elementType(Attributes &attributes, llvm::StringRef name) const;
  /// Of rows of runs; `name` is the attribute of their stride.
  int64_t stride(Attributes &attributes, llvm::StringRef name) const { return staticCols ? attributes.integer(name) : 0; }
  /// The first element of a run in such rows.
  Value run(KernelBuilder &k, Value row, Value group, int64_t stride, int64_t groupsOfRow) const;
  /// All runs of the workgroup's rows.
  void each(KernelBuilder &k, llvm::function_ref<void(Value row, Value group)> body) const;

private:
  int64_t groupCount, staticCols;
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_KERNELS_RUNS_H
