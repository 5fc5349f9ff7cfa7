// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase import: a model directory becomes IR.
#ifndef VEOMNI_PASSES_IMPORT_PASSES_H
#define VEOMNI_PASSES_IMPORT_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace veomni::importer {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Import/Passes.h.inc"

} // namespace veomni::importer

#endif // VEOMNI_PASSES_IMPORT_PASSES_H
