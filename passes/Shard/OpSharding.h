// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How one op runs on parts: which of its factors are split over which axis of the mesh.
#ifndef VEOMNI_PASSES_SHARD_OPSHARDING_H
#define VEOMNI_PASSES_SHARD_OPSHARDING_H

#include "Sharding.h"

namespace veomni::shard {

/// What a dim of some axis of a model should be split over, once it is there.
struct Wish {
  mlir::StringAttr meshAxis;
  bool allTypes;          ///< else floats alone
  bool withoutParameters; ///< else only what some parameter has gone into
};
/// By a function's own name of the axis.
using Wishes = llvm::MapVector<mlir::StringAttr, Wish>;

/// What decisions about the ops of one function go by.
struct Surroundings {
  const FunctionAxes &axes;
  const Wishes &wishes;
  const llvm::DenseSet<mlir::Value> &fromParameters; ///< values that some parameter has gone into
  MeshAttr mesh;
};

/// The sharding that a value should have wherever nothing else is needed.
Sharding wishedFor(mlir::Value value, const Surroundings &surroundings);

/// The shardings that an op reads and writes.
struct OpSharding {
  llvm::SmallVector<Sharding> operands, results;
  /// Axes that split another dim in the place of one that the op needs whole: its results go back to what is wished.
  llvm::SmallVector<mlir::StringAttr> substituted;
  /// Axes along which each rank has summands of the results.
  llvm::SmallVector<mlir::StringAttr> summed;
};

/// Decides for an op of the unsharded function whose operands lie like this. Fails with a diagnostic where heads cannot
/// be split over the ranks, or a parameter that ranks have parts of is needed whole.
mlir::FailureOr<OpSharding> shardOp(mlir::Operation *op, llvm::ArrayRef<Sharding> operands,
                                    const Surroundings &surroundings);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_OPSHARDING_H
