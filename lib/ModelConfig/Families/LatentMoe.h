// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the families share that have latent attention and experts of groups.
#ifndef VEOMNI_MODELCONFIG_FAMILIES_LATENTMOE_H
#define VEOMNI_MODELCONFIG_FAMILIES_LATENTMOE_H

#include "Common.h"

namespace veomni {

/// Of a family's configuration class.
struct LatentMoeDefaults {
  std::int64_t queryRank, passDim, valueDim, numGroups, groupsPerToken;
  /// q_lora_rank may be null.
  bool optionalQueryRank = false;
  /// So may norm_topk_prob and rope_interleave, which then are false.
  bool optionalSwitches = false;
  bool ropeInterleaved = false;
};

/// The keys of latent attention but for num_key_value_heads, which the caller has read.
void readLatentAttention(ConfigReader &reader, TextConfig &text, const LatentMoeDefaults &defaults);

/// The keys of the experts and of those that choose them.
ExpertsConfig readGroupedMoe(ConfigReader &reader, const LatentMoeDefaults &defaults);

/// The classes of such models, and how their checkpoints store experts.
void describeGroupedMoe(ModelConfig &config);

/// Rules over several of these keys.
void checkGroupedMoe(ConfigReader &reader, const ExpertsConfig &moe);

/// What the authors' own code writes and transformers does not read; values that mean another model are errors.
void readAuthorsKeys(ConfigReader &reader, ModelConfig &config);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_FAMILIES_LATENTMOE_H
