// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What attention and its mask say alike: which keys a query sees.
#ifndef VEOMNI_PASSES_LOWER_VISIBILITY_H
#define VEOMNI_PASSES_LOWER_VISIBILITY_H

#include "CheckIndices.h"
#include "FunctionLowering.h"

namespace veomni::lower {

template <typename Op> llvm::SmallVector<mlir::NamedAttribute> visibilityAttributes(FunctionLowering &f, Op op) {
  llvm::SmallVector<mlir::NamedAttribute> config{f.attr("window", static_cast<int64_t>(op.getWindow()))};
  if (op.getVisibility() != Visibility::Causal)
    config.push_back(f.attr("visibility", stringifyVisibility(op.getVisibility())));
  return config;
}

/// Documents begin at a key, and end at one or behind the last.
template <typename Op> mlir::LogicalResult checkVisibility(IndexCheck &check, Op op) {
  if (failed(check.starts(op, op.getStarts(), op.getKeyMask())))
    return mlir::failure();
  return op.getEnds() ? check.ends(op, op.getEnds(), op.getKeyMask()) : mlir::success();
}

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_VISIBILITY_H
