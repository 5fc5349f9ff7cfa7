// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which collectives bring stored weights, and nothing else: they depend on nothing that runs before them.
#ifndef VEOMNI_PASSES_LOWER_WEIGHTGATHERS_H
#define VEOMNI_PASSES_LOWER_WEIGHTGATHERS_H

#include "veomni/Dialect/Program/Program.h"

namespace veomni::lower {

/// Whether a collective gathers weights of the function's own window into memory of the function.
inline bool gathersWeights(rt::CollectiveOp collective) {
  auto isParam = [](mlir::Value value) { return bool(value.getDefiningOp<rt::ParamOp>()); };
  auto isSlot = [](mlir::Value value) { return bool(value.getDefiningOp<rt::SlotOp>()); };
  return collective.getKind() == rt::CollectiveKind::all_gather && llvm::all_of(collective.getSources(), isParam) &&
         llvm::all_of(collective.getTargets(), isSlot);
}

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_WEIGHTGATHERS_H
