// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Codegen/CPU/KernelKinds.h"

#include "Kernels/Kernels.h"

using namespace veomni::cpu;

static constexpr KernelKind kinds[] = {
    {"add", emitAdd},
    {"add_scaled", emitAddScaled},
    {"attention", emitAttention},
    {"attention_pack", emitAttentionPack},
    {"convert", emitConvert},
    {"cross_entropy", emitCrossEntropy},
    {"cross_entropy_combine", emitCrossEntropyCombine},
    {"document_starts", emitDocumentStarts},
    {"embedding", emitEmbedding},
    {"expert_combine", emitExpertCombine},
    {"expert_gather", emitExpertGather},
    {"expert_rows", emitExpertRows},
    {"expert_sort", emitExpertSort},
    {"expert_sum", emitExpertSum},
    {"fill", emitFill},
    {"gemm", emitGemm},
    {"glu", emitGlu},
    {"linear_cross_entropy", emitLinearCrossEntropy},
    {"load_balancing_loss", emitLoadBalancingLoss},
    {"mean", emitMean},
    {"rms_norm", emitRmsNorm},
    {"rope", emitRope},
    {"rope_table", emitRopeTable},
    {"router", emitRouter},
    {"router_statistics", emitRouterStatistics},
};

llvm::ArrayRef<KernelKind> veomni::cpu::allKernelKinds() { return kinds; }

const KernelKind *veomni::cpu::findKernelKind(llvm::StringRef name) {
  const KernelKind *found = llvm::find_if(kinds, [&](const KernelKind &kind) { return kind.name == name; });
  return found == std::end(kinds) ? nullptr : found;
}
