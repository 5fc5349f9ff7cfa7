// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Squares of vectors turned in registers, for kernels that pack columns as rows.
#ifndef VEOMNI_LIB_CODEGEN_CPU_TRANSPOSE_H
#define VEOMNI_LIB_CODEGEN_CPU_TRANSPOSE_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

namespace veomni::cpu {

/// Transposes `lanes` vectors: afterwards lane i of vector j is what lane j of vector i was.
void transpose(KernelBuilder &k, KernelBuilder::Values &rows);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_TRANSPOSE_H
