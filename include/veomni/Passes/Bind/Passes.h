// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase bind: gives every op the kernel that computes it.
#ifndef VEOMNI_PASSES_BIND_PASSES_H
#define VEOMNI_PASSES_BIND_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace veomni::bind {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Bind/Passes.h.inc"

} // namespace veomni::bind

#endif // VEOMNI_PASSES_BIND_PASSES_H
