// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which values of a model depend on its parameters.
#ifndef VEOMNI_PASSES_SHARD_DEPENDENCE_H
#define VEOMNI_PASSES_SHARD_DEPENDENCE_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "llvm/ADT/DenseSet.h"

namespace veomni::shard {

/// The values that some parameter has gone into, through calls as well. All others, such as the angles of positions,
/// are made of a run's inputs alone: they are small and cheap to make.
llvm::DenseSet<mlir::Value> valuesFromParameters(mlir::ModuleOp module);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_DEPENDENCE_H
