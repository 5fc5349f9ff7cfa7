// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the ops of linear attention and their eager forms have in common.
#ifndef VEOMNI_DIALECTS_VEOMNI_LINEARATTENTION_H
#define VEOMNI_DIALECTS_VEOMNI_LINEARATTENTION_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni {

/// `x` is [batch, seq, C] with a static C, and `starts` [batch, seq].
mlir::LogicalResult verifyTokens(mlir::Operation *op, mlir::Value x, mlir::Value starts);

/// `query` (and the key) is [batch, seq, key_heads, key_dim], `value` [batch, seq, heads, value_dim], `g` (and beta)
/// [batch, seq, heads], `starts` [batch, seq]; key_heads divides heads.
mlir::LogicalResult verifyDeltaRule(mlir::Operation *op, mlir::Value query, mlir::Value value, mlir::Value g,
                                    mlir::Value starts);

} // namespace veomni

#endif // VEOMNI_DIALECTS_VEOMNI_LINEARATTENTION_H
