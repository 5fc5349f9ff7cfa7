// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen3_moe/configuration_qwen3_moe.py, modeling_qwen3_moe.py, and the text model of qwen3_vl_moe, which is
// qwen3_moe with positions of three axes, without windows, and with weights of experts that always add up to 1
#include "Common.h"

namespace veomni {

namespace {

/// As published, matrices of all experts lie transposed; transformers 5.9.0 writes them as it has them in memory.
std::vector<StorageWay> transposedOrOtherExperts() {
  std::vector<StorageWay> ways = separateOrFusedExperts();
  ways.insert(ways.begin(), {"holds all, transposed", {storedTransposed(kGateUp), storedTransposed(kDown)}});
  return ways;
}

} // namespace

void readQwen3Moe(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  TextConfig &text = config.text;
  text.attention.numKeyValueHeads = reader.integer("num_key_value_heads", 4, headCountRange);
  // Not a field of Qwen3ExpertsConfig, but its attention takes it if it is there (and fails on null).
  text.attention.headDim = reader.integer("head_dim", hiddenSizePerHead(text), headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNorm = true;

  // Unlike in Qwen3 a window holds for all layers: Qwen3MoeModel asks only whether there is one.
  bool useWindow = reader.boolean("use_sliding_window", false);
  std::optional<std::int64_t> window =
      reader.nullableInteger("sliding_window", 4096, {useWindow ? 1 : 0, positionRange.max});
  slideAllLayers(text, useWindow ? window : std::nullopt);
  if (text.attention.slidingWindow)
    reader.supportOnly("max_window_layers", 0, "releases disagree on which layers slide otherwise");
  else
    reader.ignore("max_window_layers");

  ExpertsConfig moe;
  moe.count = readNumExperts(reader, 128);
  moe.perToken = reader.integer("num_experts_per_tok", 8, expertCountRange);
  moe.width = reader.integer("moe_intermediate_size", 768, widthRange);
  moe.renormalizeTopK = reader.boolean("norm_topk_prob", false);
  moe.routingWeightType = RoutingWeightType::Activation;
  readRouterLoss(reader, moe);

  readSparseLayers(reader, text, moe);
  config.checkpoint.ways = separateOrFusedExperts();

  // Written by the authors' own code; other values mean another model.
  reader.supportOnly("qkv_bias", false, "attention_bias decides");
  reader.supportOnly("shared_expert_intermediate_size", 0, "qwen3_moe has no shared expert");
  reader.supportOnly("use_qk_norm", true, "qwen3_moe normalises queries and keys");
}

void readQwen3VlMoeText(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config,
             {.maxPositionEmbeddings = 128000, .rope = {.theta = 500000, .otherKeys = mropeKeys}, .tied = true});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 16);
  readNullableHeadDim(reader, text, std::nullopt);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNorm = true;
  readMrope(reader, text, MropeSections::Interleaved);

  ExpertsConfig moe;
  moe.count = readNumExperts(reader, 60);
  moe.perToken = reader.integer("num_experts_per_tok", 4, expertCountRange);
  moe.width = reader.integer("moe_intermediate_size", 1408, widthRange);
  moe.renormalizeTopK = true;
  readRouterLoss(reader, moe);
  readSparseLayers(reader, text, moe);
  config.checkpoint.ways = transposedOrOtherExperts();
  text.classes = {.model = "TextModel",
                  .rotary = "TextRotaryEmbedding",
                  .layer = "TextDecoderLayer",
                  .attention = "TextAttention",
                  .mlp = "TextMLP",
                  .sparseBlock = "TextSparseMoeBlock",
                  .router = "TextTopKRouter",
                  .experts = "TextExperts"};
  // Written by the authors' own code; another value means another model.
  reader.supportOnly("norm_topk_prob", true, "the router of qwen3_vl_moe always renormalises");
}

} // namespace veomni
