// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What families with latent attention and routed experts have in common.
#include "LatentMoe.h"

namespace veomni {

static bool readSwitch(ConfigReader &reader, const LatentMoeDefaults &defaults, std::string_view key, bool absent) {
  return defaults.optionalSwitches ? reader.nullableBoolean(key, absent) : reader.boolean(key, absent);
}

void readLatentAttention(ConfigReader &reader, TextConfig &text, const LatentMoeDefaults &defaults) {
  LatentAttentionConfig &latent = text.attention.latent.emplace();
  latent.queryRank = defaults.optionalQueryRank ? reader.nullableInteger("q_lora_rank", defaults.queryRank, widthRange)
                                                : reader.integer("q_lora_rank", defaults.queryRank, widthRange);
  latent.keyValueRank = reader.integer("kv_lora_rank", 512, widthRange);
  latent.passDim = reader.integer("qk_nope_head_dim", defaults.passDim, headDimRange);
  latent.valueDim = reader.integer("v_head_dim", defaults.valueDim, headDimRange);
  text.attention.headDim = reader.integer("qk_rope_head_dim", 64, headDimRange);
  text.rope.interleaved = readSwitch(reader, defaults, "rope_interleave", defaults.ropeInterleaved);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);

  // The class computes these from the keys above; a file that disagrees was written for other code.
  auto computed = [&](std::string_view key, std::int64_t value, IntegerRange range, std::string_view why) {
    if (reader.integer(key, value, range) != value && !reader.hasProblems())
      reader.problem(key, "expected " + std::to_string(value) + ", " + std::string(why));
  };
  // Authors write it for either part of a head; transformers overwrites it.
  if (std::int64_t found = reader.integer("head_dim", text.attention.headDim, {1, 2 * headDimRange.max});
      found != text.attention.headDim && found != latent.passDim && found != latent.passDim + text.attention.headDim &&
      !reader.hasProblems())
    reader.problem("head_dim", "expected " + std::to_string(text.attention.headDim) +
                                   ", which is qk_rope_head_dim, or qk_nope_head_dim = " +
                                   std::to_string(latent.passDim) + ", or their sum");
  computed("qk_head_dim", latent.passDim + text.attention.headDim, {1, 2 * headDimRange.max},
           "which is qk_nope_head_dim + qk_rope_head_dim");
  if (!reader.hasProblems() && text.attention.numKeyValueHeads != text.attention.numHeads)
    reader.problem("num_key_value_heads", "expected num_attention_heads = " + std::to_string(text.attention.numHeads) +
                                              ": every head has its own keys and values");
}

ExpertsConfig readGroupedMoe(ConfigReader &reader, const LatentMoeDefaults &defaults) {
  ExpertsConfig moe;
  moe.count = readNumExperts(reader, 256, "n_routed_experts");
  moe.perToken = reader.integer("num_experts_per_tok", 8, expertCountRange);
  moe.width = reader.integer("moe_intermediate_size", 2048, widthRange);
  moe.renormalizeTopK = readSwitch(reader, defaults, "norm_topk_prob", true);
  moe.routingWeightType = RoutingWeightType::Float32;
  constexpr IntegerRange groupRange = {1, expertCountRange.max};
  GroupRoutingConfig &routing = moe.groupRouting.emplace();
  routing.numGroups = reader.integer("n_group", defaults.numGroups, groupRange);
  routing.groupsPerToken = reader.integer("topk_group", defaults.groupsPerToken, groupRange);
  routing.scale = reader.number("routed_scaling_factor", 2.5, {0, 1e6});
  moe.sharedWidth = moe.width * reader.integer("n_shared_experts", 1, groupRange);
  return moe;
}

void checkGroupedMoe(ConfigReader &reader, const ExpertsConfig &moe) {
  std::int64_t groups = moe.groupRouting->numGroups, chosen = moe.groupRouting->groupsPerToken;
  if (moe.count % groups != 0 || moe.count / groups < 2)
    reader.problem("n_group",
                   "expected groups of equal size, at least 2, of the " + std::to_string(moe.count) + " experts");
  else if (chosen > groups)
    reader.problem("topk_group", "expected at most n_group = " + std::to_string(groups));
  else if (moe.perToken > chosen * (moe.count / groups))
    reader.problem("num_experts_per_tok", "expected at most the " + std::to_string(chosen * (moe.count / groups)) +
                                              " experts of topk_group groups");
}

void describeGroupedMoe(ModelConfig &config) {
  ClassNames &classes = config.text.classes;
  classes.sparseBlock = "MoE";
  classes.router = "TopkRouter";
  classes.experts = "NaiveMoe";
  config.checkpoint.ways = separateOrFusedExperts();
  // DeepseekV3TopkRouter computes in float32, and its bias is kept so (_keep_in_fp32_modules_strict).
  config.checkpoint.neverFp8 = {".mlp.gate.weight"};
}

void readAuthorsKeys(ConfigReader &reader, ModelConfig &config) {
  // Layers that predict further tokens: transformers does not run them, and skips their tensors.
  const std::int64_t more = reader.integer("num_nextn_predict_layers", 1, {0, layerCountRange.max});
  for (std::int64_t i = 0; i < more; ++i)
    config.checkpoint.unread.push_back(
        {"model.layers." + std::to_string(config.text.numLayers() + i) + ".", "layers that predict further tokens"});
  reader.supportOnly("moe_layer_freq", 1, "another key decides which layers are sparse");
  reader.supportOnly("scoring_func", "sigmoid", config.modelType + " scores by sigmoid");
  reader.supportOnly("topk_method", "noaux_tc", config.modelType + " chooses by groups and e_score_correction_bias");
  // The router computes in float32 whatever this says.
  reader.supportOnly("moe_router_dtype", "float32", "routers compute in it");
  // Act in training only, concern layers that predict further tokens, or say how the authors' code is run.
  for (std::string_view key :
       {"aux_loss_alpha", "seq_aux", "ep_size", "index_share_for_mtp_iteration", "index_skip_topk_offset"})
    reader.ignore(key);
}

} // namespace veomni
