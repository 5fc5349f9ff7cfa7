// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One emitter per kernel kind.
#ifndef VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H
#define VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H

#include "veomni/Codegen/CPU/KernelKinds.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

namespace veomni::cpu {

mlir::LogicalResult emitAdd(KernelBuilder &k, Attributes &attributes);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H
