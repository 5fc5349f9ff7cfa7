// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parameters of which each rank has a part: who reads them, and what becomes of their weights.
#ifndef VEOMNI_PASSES_SHARD_PARAMETERS_H
#define VEOMNI_PASSES_SHARD_PARAMETERS_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "llvm/ADT/StringMap.h"

#include <string>

namespace veomni::shard {

/// Each rank along an axis of the mesh has one of `ranks` equal parts of a dim.
struct Division {
  std::string meshAxis;
  int64_t ranks;
  unsigned dim;
};
/// By full names.
using Divisions = llvm::StringMap<Division>;

/// What reads a parameter.
struct ParameterReader {
  ParamOp param;
  llvm::StringRef name; ///< the full one
  bool inLoop;          ///< in a function that a loop over experts runs
};
/// Calls `visit` for every parameter that an entry reads, along all calls; stops at the first failure.
mlir::LogicalResult walkParameters(mlir::ModuleOp module,
                                   llvm::function_ref<mlir::LogicalResult(ParameterReader)> visit);

/// The type of a rank's part.
mlir::RankedTensorType partType(mlir::Type type, const Division &division);

/// Weights of these names become parts: each rank reads its own alone.
void divideWeights(mlir::ModuleOp module, const Divisions &divisions);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_PARAMETERS_H
