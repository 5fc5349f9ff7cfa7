// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase codegen: turns kernel declarations into code.
#ifndef VEOMNI_PASSES_CODEGEN_PASSES_H
#define VEOMNI_PASSES_CODEGEN_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace veomni::codegen {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Codegen/Passes.h.inc"

} // namespace veomni::codegen

#endif // VEOMNI_PASSES_CODEGEN_PASSES_H
