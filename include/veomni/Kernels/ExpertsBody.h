// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognises the body of a loop over experts that grouped products can take over.
#ifndef VEOMNI_KERNELS_EXPERTSBODY_H
#define VEOMNI_KERNELS_EXPERTSBODY_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace veomni::kernels {

/// What a loop over experts does with the rows of one expert, where that is `down(glu(gate_up(rows)))` with matrices
/// that are parameters: the form that grouped products take over.
struct ExpertsBody {
  LinearOp gateUp, down;
  PackedGluOp glu;

  /// On failure `why` says what is different.
  static mlir::FailureOr<ExpertsBody> match(ExpertsLoopOp loop, std::string &why);
};

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_EXPERTSBODY_H
