// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How kernels of the CPU divide their work into workgroups; declarations and emitters use the same numbers.
#ifndef VEOMNI_CODEGEN_CPU_WORKSPLIT_H
#define VEOMNI_CODEGEN_CPU_WORKSPLIT_H

#include <algorithm>
#include <cstdint>

namespace veomni::cpu {

/// Columns of one panel of packed weights.
inline constexpr int64_t kPanelColumns = 32;
/// Bytes of K that lie side by side in a panel.
inline constexpr int64_t kPanelUnit = 4;
/// Rows of A per gemm workgroup: whole tiles of 12 and of 6 rows.
inline constexpr int64_t kGemmRows = 516;
/// Panels per linear_cross_entropy workgroup, a chunk of the vocabulary: few enough to keep many threads busy with few
/// rows, and many enough that what is kept of a chunk is nothing against its logits.
inline constexpr int64_t kLossPanels = 16;
/// Rows per workgroup of rms_norm, rope, glu, convert, cross_entropy and cross_entropy_combine.
inline constexpr int64_t kRowBlock = 16;
/// Rows per workgroup of embedding and rope_table, whose rows are cheap.
inline constexpr int64_t kWideRowBlock = 64;

/// Keys per attention_pack workgroup: whole panels.
inline constexpr int64_t kAttentionPackRows = 256;
/// Queries of one head per attention workgroup: whole tiles of 12 and of 6 rows.
inline constexpr int64_t kAttentionQueryRows = 96;

/// Columns of values per gated_delta_scan workgroup: chains of sums enough to keep the arithmetic busy, and a state
/// that the first-level cache holds for heads of up to 256 keys.
inline constexpr int64_t kDeltaColumns = 32;

/// Panels of `k` rows per gemm workgroup, the `group` attribute: they stay in the second-level cache while all rows of
/// A pass by. `copiesA`: rows of A are gathered or converted for each group, so that fewer groups pay.
inline int64_t gemmPanelGroup(int64_t n, int64_t k, bool bf16Weights, bool copiesA) {
  int64_t panels = (n + kPanelColumns - 1) / kPanelColumns;
  constexpr int64_t kKiB = 1024;
  int64_t bytes = k * kPanelColumns * (bf16Weights ? 2 : 4), group = (copiesA ? 640 : 320) * kKiB / bytes;
  // Without dot instructions bf16 rows of A are widened for each group, which three panels pay for (measured at k =
  // 3072: 70 % of the peak instead of 60 %) as long as the cache holds them.
  if (bf16Weights)
    group = std::max<int64_t>(group, std::min<int64_t>(3, 640 * 1024 / bytes));
  return std::clamp<int64_t>(group, 1, panels);
}

inline int64_t lossChunks(int64_t vocab) {
  return (vocab + kLossPanels * kPanelColumns - 1) / (kLossPanels * kPanelColumns);
}

} // namespace veomni::cpu

#endif // VEOMNI_CODEGEN_CPU_WORKSPLIT_H
