// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What files of this folder include. Each one, NAME.cpp, defines `KernelKinds veomni::cpu::kinds::NAME()`, the kinds
// that it emits; CMake lists the files, so that a new kind is one new file.
#ifndef VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H
#define VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H

#include "veomni/Codegen/CPU/KernelBuilder.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

namespace veomni::cpu {

namespace kinds {
#define VEOMNI_KERNEL_FILE(name) KernelKinds name();
#include "veomni/Codegen/CPU/KernelFiles.inc"
#undef VEOMNI_KERNEL_FILE
} // namespace kinds

/// Sizes that emitters unroll over, or hold in registers and on the stack, beyond which code would take long to make or
/// not fit.
inline constexpr int64_t kMostHeadDim = 1024, kMostTopK = 256;

/// Copies `cols` columns, from element `fromAt` on to element `toAt` on, into the element type there.
void copyColumns(KernelBuilder &k, int64_t cols, mlir::Value from, mlir::Value fromAt, mlir::Value to,
                 mlir::Value toAt);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H
