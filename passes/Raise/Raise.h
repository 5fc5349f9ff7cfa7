// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One pattern per op, each in a file of its own. They fail silently where nothing reminds of their op.
#ifndef VEOMNI_PASSES_RAISE_RAISE_H
#define VEOMNI_PASSES_RAISE_RAISE_H

#include "Match.h"

namespace veomni::raise {

mlir::LogicalResult raiseAttention(AttentionValuesOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseCausalConv1d(ShiftTokensOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseChunkGatedDeltaRule(GatedDeltaScanOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseCrossEntropy(UnaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseDsaIndexer(SelectKeysOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseGatedRmsNorm(BinaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseGlu(BinaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseGroupRouter(TopKOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseLoadBalancingLoss(BinaryScalarOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raisePackedGlu(BinaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseRmsNorm(BinaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseRopeOfHalves(BinaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseRopeOfNeighbours(FlattenOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raiseRouter(TopKOp root, mlir::PatternRewriter &rewriter);

// Of ops that the others made.
mlir::LogicalResult raiseLayerNorm(BinaryOp root, mlir::PatternRewriter &rewriter);
mlir::LogicalResult raisePartialRope(ConcatOp root, mlir::PatternRewriter &rewriter);

// Of what the others left.
mlir::LogicalResult raiseUnweightedRmsNorm(BinaryOp root, mlir::PatternRewriter &rewriter);

} // namespace veomni::raise

#endif // VEOMNI_PASSES_RAISE_RAISE_H
