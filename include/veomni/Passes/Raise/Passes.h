// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase raise: steps of eager code become ops again.
#ifndef VEOMNI_PASSES_RAISE_PASSES_H
#define VEOMNI_PASSES_RAISE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace veomni::raise {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Raise/Passes.h.inc"

} // namespace veomni::raise

#endif // VEOMNI_PASSES_RAISE_PASSES_H
