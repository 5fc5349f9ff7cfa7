// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen3_5/configuration_qwen3_5.py, modeling_qwen3_5.py, and the same of qwen3_5_moe
#include "Common.h"

#include <algorithm>

namespace veomni {

namespace {

void readLinearAttention(ConfigReader &reader, TextConfig &text) {
  // With fewer taps there is nothing to convolve, and with more it is no short convolution.
  constexpr IntegerRange tapRange = {2, 64};
  LinearAttentionConfig linear;
  linear.convTaps = reader.integer("linear_conv_kernel_dim", 4, tapRange);
  linear.numKeyHeads = reader.integer("linear_num_key_heads", 16, headCountRange);
  linear.numValueHeads = reader.integer("linear_num_value_heads", 32, headCountRange);
  linear.keyDim = reader.integer("linear_key_head_dim", 128, headDimRange);
  linear.valueDim = reader.integer("linear_value_head_dim", 128, headDimRange);
  if (std::none_of(text.layers.begin(), text.layers.end(),
                   [](const LayerConfig &l) { return l.attention == AttentionKind::Linear; }))
    return;
  text.linearAttention = linear;
  if (reader.hasProblems())
    return;
  if (linear.numValueHeads % linear.numKeyHeads != 0)
    reader.problem("linear_num_value_heads",
                   "expected a multiple of linear_num_key_heads = " + std::to_string(linear.numKeyHeads));
  // torch_chunk_gated_delta_rule's convolution and Qwen3_5RMSNormGated have silu in their code, other implementations
  // what this key says.
  if (text.mlp.activation != Activation::Silu)
    reader.problem("hidden_act", "expected 'silu': implementations of linear attention disagree on any other");
}

/// All but the MLPs.
void readAttention(ConfigReader &reader, ModelConfig &config, std::int64_t keyValueHeads) {
  TextConfig &text = config.text;
  text.attention.numKeyValueHeads = reader.integer("num_key_value_heads", keyValueHeads, headCountRange);
  text.attention.headDim = reader.integer("head_dim", 256, headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNorm = text.attention.gate = text.norm.onePlus = true;
  text.classes.model = "TextModel";
  text.classes.rotary = "TextRotaryEmbedding";
  readMrope(reader, text, MropeSections::Interleaved);

  std::int64_t interval = reader.integer("full_attention_interval", 4, {1, std::numeric_limits<std::int64_t>::max()});
  if (!readLayerTypeNames(reader, text, AttentionKind::Linear))
    for (std::int64_t i = 0; i < text.numLayers(); ++i)
      if ((i + 1) % interval != 0)
        text.layers[static_cast<std::size_t>(i)].attention = AttentionKind::Linear;
  readLinearAttention(reader, text);

  // Of layers that predict further tokens, which transformers does not run.
  for (std::string_view key : {"mtp_num_hidden_layers", "mtp_use_dedicated_embeddings"})
    reader.ignore(key);
  // Written by the authors' own code; other values mean another model.
  reader.supportOnly("attn_output_gate", true, "full attention of qwen3_5 has a gate");
  reader.supportOnly("mamba_ssm_dtype", "float32", "the state of linear attention is kept in it");
}

FamilyDefaults defaults(bool denseMlp) {
  return {.maxPositionEmbeddings = 32768,
          .rope = {.partialRotaryFactor = 0.25, .otherKeys = mropeKeys},
          .denseMlp = denseMlp};
}

} // namespace

void readQwen35Text(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, defaults(/*denseMlp=*/true));
  readAttention(reader, config, 4);
}

void readQwen35MoeText(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, defaults(/*denseMlp=*/false));
  readAttention(reader, config, 2);
  TextConfig &text = config.text;
  for (LayerConfig &layer : text.layers)
    layer.mlp = MlpKind::Sparse;

  ExpertsConfig &moe = text.experts.emplace();
  moe.count = reader.integer("num_experts", 256, expertCountRange);
  moe.perToken = reader.integer("num_experts_per_tok", 8, expertCountRange);
  moe.width = reader.integer("moe_intermediate_size", 512, widthRange);
  moe.renormalizeTopK = true;
  readRouterLoss(reader, moe);
  moe.sharedWidth = reader.integer("shared_expert_intermediate_size", 512, widthRange);
  moe.sharedGate = true;
  moe.sharedName = "shared_expert";
  config.checkpoint.ways = separateOrFusedExperts();

  // Written by the authors' own code; other values mean another model.
  constexpr std::string_view why = "every layer of qwen3_5_moe is sparse";
  reader.supportOnly("norm_topk_prob", true, "the router of qwen3_5_moe always renormalises");
  reader.supportOnly("mlp_only_layers", nlohmann::json::array(), why);
  reader.supportOnly("decoder_sparse_step", 1, why);
  reader.ignore("intermediate_size"); // of dense layers
}

} // namespace veomni
