// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase fuse: rewrites that the chosen kernels ask for.
#ifndef VEOMNI_PASSES_FUSE_PASSES_H
#define VEOMNI_PASSES_FUSE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni::fuse {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Fuse/Passes.h.inc"

} // namespace veomni::fuse

#endif // VEOMNI_PASSES_FUSE_PASSES_H
