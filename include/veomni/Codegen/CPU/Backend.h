// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The CPU's door, for the one line that registers it, and its kinds of kernels, for its own tests and benchmarks.
#ifndef VEOMNI_CODEGEN_CPU_BACKEND_H
#define VEOMNI_CODEGEN_CPU_BACKEND_H

#include "veomni/Codegen/Backend.h"

namespace veomni::cpu {

std::shared_ptr<codegen::Backend> createBackend();

/// The kinds that come with the compiler: those of every file in lib/Codegen/CPU/Kernels.
const codegen::KernelKindTable &builtinKinds();

} // namespace veomni::cpu

#endif // VEOMNI_CODEGEN_CPU_BACKEND_H
