// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which axes of a mesh there are, and what of a model each of them splits.
#ifndef VEOMNI_PASSES_SHARD_PLAN_H
#define VEOMNI_PASSES_SHARD_PLAN_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "llvm/Support/Error.h"

namespace veomni::shard {

/// An axis of the mesh and the axis of a model's inputs that it splits.
struct MeshRole {
  llvm::StringLiteral meshAxis, modelAxis;
  /// Whether numbers that are no floats are split, too. Tokens, positions and masks of a sequence stay whole: they are
  /// small, and attention needs all of them on every rank.
  bool allTypes;
  /// Whether what depends on no parameter is split, too. Who has parts of heads needs the angles of all positions,
  /// which each rank computes rather than gathers in every layer.
  bool withoutParameters;
  /// The axis of the mesh that has split the model's axis before: what is split is `batch@dp_replicate`.
  llvm::StringRef partOver = {};
};
inline constexpr llvm::StringLiteral kSequenceAxis = "sp";
/// The axis that divides parameters, and between the products of divided parameters the sequence, unless `sp` does.
inline constexpr llvm::StringLiteral kTensorAxis = "tp";
inline constexpr MeshRole kMeshRoles[] = {{"dp_replicate", "batch", true, true},
                                          {VeOmniDialect::kWeightAxis, "batch", true, true},
                                          {kSequenceAxis, "seq", false, true},
                                          {kTensorAxis, "seq", false, false}};
/// The axis that re-divides all ranks for the experts: each rank of a group has as many of them.
inline constexpr llvm::StringLiteral kExpertAxis = "ep";

/// "dp_replicate=2,sp=4,ep=4". The error says what was found and what was expected.
llvm::Expected<MeshAttr> parseMesh(mlir::MLIRContext *context, llvm::StringRef text);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_PLAN_H
