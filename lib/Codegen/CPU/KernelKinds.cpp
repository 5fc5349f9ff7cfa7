// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Codegen/CPU/KernelKinds.h"

#include "Kernels/Kernels.h"

#include "llvm/ADT/STLExtras.h"

#include <deque>
#include <mutex>

using namespace veomni::cpu;

static const KernelKind kinds[] = {
    {"add", emitAdd},
    {"add_scaled", emitAddScaled},
    {"attention", emitAttention},
    {"attention_mask", emitAttentionMask},
    {"attention_pack", emitAttentionPack},
    {"attention_scores", emitAttentionScores},
    {"attention_values", emitAttentionValues},
    {"concat", emitConcat},
    {"convert", emitConvert},
    {"cross_entropy", emitCrossEntropy},
    {"cross_entropy_combine", emitCrossEntropyCombine},
    {"document_starts", emitDocumentStarts},
    {"elementwise_binary", emitElementwiseBinary},
    {"elementwise_unary", emitElementwiseUnary},
    {"embedding", emitEmbedding},
    {"expert_combine", emitExpertCombine},
    {"expert_gather", emitExpertGather},
    {"expert_rows", emitExpertRows},
    {"expert_sort", emitExpertSort},
    {"expert_sum", emitExpertSum},
    {"fill", emitFill},
    {"gather_label", emitGatherLabel},
    {"gated_delta_scan", emitGatedDeltaScan},
    {"gemm", emitGemm},
    {"glu", emitGlu},
    {"group_router", emitGroupRouter},
    {"keep_keys", emitKeepKeys},
    {"layer_norm", emitLayerNorm},
    {"linear_cross_entropy", emitLinearCrossEntropy},
    {"load_balancing_loss", emitLoadBalancingLoss},
    {"mean", emitMean},
    {"not_equal", emitNotEqual},
    {"one_hot", emitOneHot},
    {"reduce", emitReduce},
    {"rms_norm", emitRmsNorm},
    {"rope", emitRope},
    {"rope_table", emitRopeTable},
    {"router", emitRouter},
    {"router_statistics", emitRouterStatistics},
    {"select_keys", emitSelectKeys},
    {"shift_labels", emitShiftLabels},
    {"shift_tokens", emitShiftTokens},
    {"sum_heads", emitSumHeads},
    {"sum_rows", emitSumRows},
    {"top_k", emitTopK},
};

llvm::ArrayRef<KernelKind> veomni::cpu::allKernelKinds() { return kinds; }

namespace {
/// Kinds of plugins. Their addresses stay, since requests point at them.
struct AddedKinds {
  std::mutex mutex;
  std::deque<std::pair<std::string, KernelKind>> list;
};
AddedKinds &addedKinds() {
  static AddedKinds kinds;
  return kinds;
}
} // namespace

llvm::Error veomni::cpu::addKernelKind(llvm::StringRef name, mlir::LogicalResult (*emit)(KernelBuilder &, Attributes &),
                                       llvm::StringRef revision) {
  if (findKernelKind(name))
    return llvm::createStringError("kernel kind '" + name + "' is registered twice");
  AddedKinds &added = addedKinds();
  std::lock_guard lock(added.mutex);
  auto &[ownName, kind] = added.list.emplace_back(name.str(), KernelKind{"", emit, revision.str()});
  kind.name = ownName;
  return llvm::Error::success();
}

const KernelKind *veomni::cpu::findKernelKind(llvm::StringRef name) {
  if (const KernelKind *found = llvm::find_if(kinds, [&](const KernelKind &kind) { return kind.name == name; }); found != std::end(kinds))
    return found;
  AddedKinds &added = addedKinds();
  std::lock_guard lock(added.mutex);
  auto found = llvm::find_if(added.list, [&](const auto &entry) { return entry.first == name; });
  return found == added.list.end() ? nullptr : &found->second;
}
