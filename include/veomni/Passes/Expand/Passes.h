// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase expand: writes ops as the steps that they take.
#ifndef VEOMNI_PASSES_EXPAND_PASSES_H
#define VEOMNI_PASSES_EXPAND_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace veomni::expand {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Expand/Passes.h.inc"

} // namespace veomni::expand

#endif // VEOMNI_PASSES_EXPAND_PASSES_H
