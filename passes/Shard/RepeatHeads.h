// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Key/value heads that are fewer than the ranks that heads are split over.
#ifndef VEOMNI_PASSES_SHARD_REPEATHEADS_H
#define VEOMNI_PASSES_SHARD_REPEATHEADS_H

#include "mlir/IR/BuiltinOps.h"

namespace veomni::shard {

/// Repeats the key/value heads of attention so that each of `ranks` ranks has one, where there are fewer heads than
/// ranks, every head serves as many ranks, and the ranks divide the query heads (VeOmni's `repeat_kv` before its
/// exchange). Query heads read the head that they read before.
void repeatHeads(mlir::ModuleOp module, int64_t ranks);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_REPEATHEADS_H
