// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the ops of linear attention and their eager forms have in common.
#ifndef VEOMNI_DIALECTS_VEOMNI_LINEARATTENTION_H
#define VEOMNI_DIALECTS_VEOMNI_LINEARATTENTION_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni {

/// `x` is [batch, seq, C] with a static C, and `starts` [batch, seq].
mlir::LogicalResult verifyTokens(mlir::Operation *op, mlir::Value x, mlir::Value starts);

} // namespace veomni

#endif // VEOMNI_DIALECTS_VEOMNI_LINEARATTENTION_H
