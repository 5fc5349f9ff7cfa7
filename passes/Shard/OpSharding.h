// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How one op runs on parts: which of its factors are split over which axis of the mesh.
#ifndef VEOMNI_PASSES_SHARD_OPSHARDING_H
#define VEOMNI_PASSES_SHARD_OPSHARDING_H

#include "Sharding.h"

namespace veomni::shard {

/// What a dim of some axis of a model should be split over, once it is there.
struct Wish {
  mlir::StringAttr meshAxis;
  bool allTypes; ///< else floats alone
};
/// By a function's own name of the axis.
using Wishes = llvm::MapVector<mlir::StringAttr, Wish>;

/// The sharding that a value should have wherever nothing else is needed.
Sharding wishedFor(mlir::Value value, const FunctionAxes &axes, const Wishes &wishes);

/// The shardings that an op reads and writes.
struct OpSharding {
  llvm::SmallVector<Sharding> operands, results;
};

/// Decides for an op of the unsharded function whose operands lie like this. Fails with a diagnostic where heads cannot
/// be split over the ranks.
mlir::FailureOr<OpSharding> shardOp(mlir::Operation *op, llvm::ArrayRef<Sharding> operands, const FunctionAxes &axes,
                                    const Wishes &wishes, MeshAttr mesh);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_OPSHARDING_H
