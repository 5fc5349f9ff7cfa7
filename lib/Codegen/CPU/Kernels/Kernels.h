// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One emitter per kernel kind.
#ifndef VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H
#define VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H

#include "veomni/Codegen/CPU/KernelKinds.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

namespace veomni::cpu {

mlir::LogicalResult emitAdd(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitAddScaled(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitAttention(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitAttentionMask(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitAttentionPack(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitAttentionScores(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitAttentionValues(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitConcat(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitConvert(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitCrossEntropy(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitCrossEntropyCombine(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitDocumentStarts(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitElementwiseBinary(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitElementwiseUnary(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitEmbedding(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitExpertCombine(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitExpertGather(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitExpertRows(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitExpertSort(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitExpertSum(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitFill(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitGatherLabel(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitGatedDeltaScan(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitGemm(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitGlu(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitGroupRouter(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitKeepKeys(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitLayerNorm(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitLinearCrossEntropy(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitLoadBalancingLoss(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitMean(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitNotEqual(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitOneHot(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitReduce(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitRmsNorm(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitRope(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitRopeTable(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitRouter(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitRouterStatistics(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitSelectKeys(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitShiftLabels(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitShiftTokens(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitSumHeads(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitSumRows(KernelBuilder &k, Attributes &attributes);
mlir::LogicalResult emitTopK(KernelBuilder &k, Attributes &attributes);

/// Copies `cols` columns, from element `fromAt` on to element `toAt` on, into the element type there.
void copyColumns(KernelBuilder &k, int64_t cols, mlir::Value from, mlir::Value fromAt, mlir::Value to, mlir::Value toAt);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_KERNELS_KERNELS_H
