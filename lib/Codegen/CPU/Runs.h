// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the kernels of eager ops see their operands: rows of `groups` runs of columns.
#ifndef VEOMNI_LIB_CODEGEN_CPU_RUNS_H
#define VEOMNI_LIB_CODEGEN_CPU_RUNS_H

#include "veomni/Codegen/CPU/KernelBuilder.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

namespace veomni::cpu {

/// Runs of columns of kernels whose shapes say `[rows.. | groups.., cols]`. Where `cols` is no constant it is the
/// kernel's last scalar, and rows lie one behind another.
class RunsOfRows {
public:
  using Value = mlir::Value;

  explicit RunsOfRows(const Kernel &kernel);

  /// The rule of the last scalar.
  static ScalarRule columns() { return {.name = "cols", .size = "cols", .ifDynamic = true}; }
  /// Dynamic columns are f32: without instructions for bf16 a mask that is no constant takes such vectors apart.
  static void check(Kernel &kernel, Problems &problems);

  Value cols(KernelBuilder &k) const { return staticCols ? k.index(staticCols) : k.scalar(1); }
  int64_t groups() const { return groupCount; }
  /// The first element of a run in rows of `groupsOfRow` runs.
  Value run(KernelBuilder &k, Value row, Value group, int64_t stride, int64_t groupsOfRow) const;
  /// All runs of the workgroup's rows.
  void each(KernelBuilder &k, llvm::function_ref<void(Value row, Value group)> body) const;

private:
  int64_t groupCount, staticCols;
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_RUNS_H
