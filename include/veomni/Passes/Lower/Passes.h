// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase lower: ops become kernels, dispatches and buffers.
#ifndef VEOMNI_PASSES_LOWER_PASSES_H
#define VEOMNI_PASSES_LOWER_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace veomni::lower {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Lower/Passes.h.inc"

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_PASSES_H
