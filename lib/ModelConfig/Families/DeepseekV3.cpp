// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/deepseek_v3/configuration_deepseek_v3.py, modeling_deepseek_v3.py
#include "Common.h"

namespace veomni {

namespace {

void readAttention(ConfigReader &reader, DecoderConfig &config) {
  LatentAttentionConfig &latent = config.latentAttention.emplace();
  latent.queryRank = reader.nullableInteger("q_lora_rank", 1536, widthRange);
  latent.keyValueRank = reader.integer("kv_lora_rank", 512, widthRange);
  latent.passDim = reader.integer("qk_nope_head_dim", 128, headDimRange);
  latent.valueDim = reader.integer("v_head_dim", 128, headDimRange);
  config.headDim = reader.integer("qk_rope_head_dim", 64, headDimRange);
  config.ropeInterleaved = reader.boolean("rope_interleave", true);
  config.queryKeyValueBias = config.attentionOutputBias = reader.boolean("attention_bias", false);

  // The class computes these from the keys above; a file that disagrees was written for other code.
  auto computed = [&](std::string_view key, std::int64_t value, IntegerRange range, std::string_view why) {
    if (reader.integer(key, value, range) != value && !reader.hasProblems())
      reader.problem(key, "expected " + std::to_string(value) + ", " + std::string(why));
  };
  computed("head_dim", config.headDim, headDimRange, "which is qk_rope_head_dim");
  computed("qk_head_dim", latent.passDim + config.headDim, {1, 2 * headDimRange.max}, "which is qk_nope_head_dim + qk_rope_head_dim");
  readNullableKeyValueHeads(reader, config, 128);
  if (!reader.hasProblems() && config.numKeyValueHeads != config.numAttentionHeads)
    reader.problem("num_key_value_heads", "expected num_attention_heads = " + std::to_string(config.numAttentionHeads) +
                                              ": every head has its own keys and values");
}

void checkRouting(ConfigReader &reader, const MoeConfig &moe) {
  std::int64_t groups = moe.groupRouting->numGroups, chosen = moe.groupRouting->groupsPerToken;
  if (moe.numExperts % groups != 0 || moe.numExperts / groups < 2)
    reader.problem("n_group", "expected groups of equal size, at least 2, of the " + std::to_string(moe.numExperts) + " experts");
  else if (chosen > groups)
    reader.problem("topk_group", "expected at most n_group = " + std::to_string(groups));
  else if (moe.expertsPerToken > chosen * (moe.numExperts / groups))
    reader.problem("num_experts_per_tok",
                   "expected at most the " + std::to_string(chosen * (moe.numExperts / groups)) + " experts of topk_group groups");
}

MoeConfig readMoe(ConfigReader &reader) {
  MoeConfig moe;
  moe.numExperts = readNumExperts(reader, 256, "n_routed_experts");
  moe.expertsPerToken = reader.integer("num_experts_per_tok", 8, expertCountRange);
  moe.expertIntermediateSize = reader.integer("moe_intermediate_size", 2048, widthRange);
  moe.renormalizeTopK = reader.boolean("norm_topk_prob", true);
  moe.routingWeightType = RoutingWeightType::Float32;
  constexpr IntegerRange groupRange = {1, expertCountRange.max};
  GroupRoutingConfig &routing = moe.groupRouting.emplace();
  routing.numGroups = reader.integer("n_group", 8, groupRange);
  routing.groupsPerToken = reader.integer("topk_group", 4, groupRange);
  routing.scale = reader.number("routed_scaling_factor", 2.5, {0, 1e6});
  moe.sharedIntermediateSize = moe.expertIntermediateSize * reader.integer("n_shared_experts", 1, groupRange);
  moe.blockClass = "MoE";
  moe.routerClass = "TopkRouter";
  moe.expertsClass = "NaiveMoe";
  return moe;
}

} // namespace

void readDeepseekV3(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 4096, .eosTokenId = 1});
  readAttention(reader, config);

  MoeConfig moe = readMoe(reader);
  std::int64_t firstSparse = reader.integer("first_k_dense_replace", 3, {});
  for (std::int64_t i = firstSparse; i < config.numHiddenLayers; ++i) {
    config.layers[static_cast<std::size_t>(i)].mlp = MlpKind::Sparse;
    config.moe = moe;
  }
  if (config.moe && !reader.hasProblems())
    checkRouting(reader, moe);

  // Layers that predict further tokens: transformers does not run them, and skips their tensors.
  config.ignoredLayers = reader.integer("num_nextn_predict_layers", 1, {0, layerCountRange.max});

  // Written by the authors' own code; other values mean another model.
  reader.supportOnly("moe_layer_freq", 1, "first_k_dense_replace decides which layers are sparse");
  reader.supportOnly("scoring_func", "sigmoid", "deepseek_v3 scores by sigmoid");
  reader.supportOnly("topk_method", "noaux_tc", "deepseek_v3 chooses by groups and e_score_correction_bias");
  // Act in training only, or say how the authors' code is run.
  for (std::string_view key : {"aux_loss_alpha", "seq_aux", "ep_size"})
    reader.ignore(key);
}

} // namespace veomni
