// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function per kernel that comes with the compiler, each in a file of its own.
#ifndef VEOMNI_LIB_KERNELS_BUILTIN_BUILTIN_H
#define VEOMNI_LIB_KERNELS_BUILTIN_BUILTIN_H

#include "veomni/Kernels/KernelRegistry.h"

namespace veomni::kernels {

llvm::Error addBuiltinSlots(KernelRegistry &registry);

// A function gives one kernel per variant that it implements.
using Kernels = std::vector<Kernel>;
/// One function per file; CMake writes their list from the files.
namespace builtin {
#define VEOMNI_BUILTIN_KERNEL(name) Kernels name();
#include "veomni/Kernels/BuiltinKernels.inc"
#undef VEOMNI_BUILTIN_KERNEL
} // namespace builtin

/// What loops over experts ask for; the kernels gemm and glu, which every form of them ends in, have all of it.
std::map<std::string, std::vector<std::string>> expertSemantics(const std::string &gateUp);
/// One kernel per variant of rms_norm, each with the order of cast and weight that the variant is.
Kernels forEveryNorm(const Kernel &kernel);

} // namespace veomni::kernels

#endif // VEOMNI_LIB_KERNELS_BUILTIN_BUILTIN_H
