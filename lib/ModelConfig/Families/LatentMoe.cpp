// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LatentMoe.h"

namespace veomni {

void readLatentAttention(ConfigReader &reader, DecoderConfig &config, const LatentMoeDefaults &defaults) {
  LatentAttentionConfig &latent = config.latentAttention.emplace();
  latent.queryRank = defaults.optionalQueryRank ? reader.nullableInteger("q_lora_rank", defaults.queryRank, widthRange)
                                                : reader.integer("q_lora_rank", defaults.queryRank, widthRange);
  latent.keyValueRank = reader.integer("kv_lora_rank", 512, widthRange);
  latent.passDim = reader.integer("qk_nope_head_dim", defaults.passDim, headDimRange);
  latent.valueDim = reader.integer("v_head_dim", defaults.valueDim, headDimRange);
  config.headDim = reader.integer("qk_rope_head_dim", 64, headDimRange);
  config.ropeInterleaved = reader.boolean("rope_interleave", defaults.ropeInterleaved);
  config.queryKeyValueBias = config.attentionOutputBias = reader.boolean("attention_bias", false);

  // The class computes these from the keys above; a file that disagrees was written for other code.
  auto computed = [&](std::string_view key, std::int64_t value, IntegerRange range, std::string_view why) {
    if (reader.integer(key, value, range) != value && !reader.hasProblems())
      reader.problem(key, "expected " + std::to_string(value) + ", " + std::string(why));
  };
  computed("head_dim", config.headDim, headDimRange, "which is qk_rope_head_dim");
  computed("qk_head_dim", latent.passDim + config.headDim, {1, 2 * headDimRange.max}, "which is qk_nope_head_dim + qk_rope_head_dim");
  if (!reader.hasProblems() && config.numKeyValueHeads != config.numAttentionHeads)
    reader.problem("num_key_value_heads", "expected num_attention_heads = " + std::to_string(config.numAttentionHeads) +
                                              ": every head has its own keys and values");
}

MoeConfig readGroupedMoe(ConfigReader &reader, const LatentMoeDefaults &defaults) {
  MoeConfig moe;
  moe.numExperts = readNumExperts(reader, 256, "n_routed_experts");
  moe.expertsPerToken = reader.integer("num_experts_per_tok", 8, expertCountRange);
  moe.expertIntermediateSize = reader.integer("moe_intermediate_size", 2048, widthRange);
  moe.renormalizeTopK = reader.boolean("norm_topk_prob", true);
  moe.routingWeightType = RoutingWeightType::Float32;
  constexpr IntegerRange groupRange = {1, expertCountRange.max};
  GroupRoutingConfig &routing = moe.groupRouting.emplace();
  routing.numGroups = reader.integer("n_group", defaults.numGroups, groupRange);
  routing.groupsPerToken = reader.integer("topk_group", defaults.groupsPerToken, groupRange);
  routing.scale = reader.number("routed_scaling_factor", 2.5, {0, 1e6});
  moe.sharedIntermediateSize = moe.expertIntermediateSize * reader.integer("n_shared_experts", 1, groupRange);
  moe.blockClass = "MoE";
  moe.routerClass = "TopkRouter";
  moe.expertsClass = "NaiveMoe";
  return moe;
}

void checkGroupedMoe(ConfigReader &reader, const MoeConfig &moe) {
  std::int64_t groups = moe.groupRouting->numGroups, chosen = moe.groupRouting->groupsPerToken;
  if (moe.numExperts % groups != 0 || moe.numExperts / groups < 2)
    reader.problem("n_group", "expected groups of equal size, at least 2, of the " + std::to_string(moe.numExperts) + " experts");
  else if (chosen > groups)
    reader.problem("topk_group", "expected at most n_group = " + std::to_string(groups));
  else if (moe.expertsPerToken > chosen * (moe.numExperts / groups))
    reader.problem("num_experts_per_tok",
                   "expected at most the " + std::to_string(chosen * (moe.numExperts / groups)) + " experts of topk_group groups");
}

void readAuthorsKeys(ConfigReader &reader, DecoderConfig &config) {
  // Layers that predict further tokens: transformers does not run them, and skips their tensors.
  config.ignoredLayers = reader.integer("num_nextn_predict_layers", 1, {0, layerCountRange.max});
  reader.supportOnly("moe_layer_freq", 1, "another key decides which layers are sparse");
  reader.supportOnly("scoring_func", "sigmoid", config.modelType + " scores by sigmoid");
  reader.supportOnly("topk_method", "noaux_tc", config.modelType + " chooses by groups and e_score_correction_bias");
  // Act in training only, or say how the authors' code is run.
  for (std::string_view key : {"aux_loss_alpha", "seq_aux", "ep_size"})
    reader.ignore(key);
}

} // namespace veomni
