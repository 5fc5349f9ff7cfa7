// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of phase shard: from a model to what each of several ranks runs.
#ifndef VEOMNI_PASSES_SHARD_PASSES_H
#define VEOMNI_PASSES_SHARD_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni::shard {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "veomni/Passes/Shard/Passes.h.inc"

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_PASSES_H
