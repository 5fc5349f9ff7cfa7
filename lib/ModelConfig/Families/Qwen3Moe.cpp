// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen3_moe/configuration_qwen3_moe.py, modeling_qwen3_moe.py
#include "Common.h"

#include <algorithm>

namespace veomni {

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

  std::int64_t step = reader.integer("decoder_sparse_step", 1, {1, std::numeric_limits<std::int64_t>::max()});
  std::vector<std::int64_t> dense =
      reader.nullableIntegers("mlp_only_layers", {}).value_or(std::vector<std::int64_t>());
  std::sort(dense.begin(), dense.end());
  for (std::int64_t i = 0; moe.count > 0 && i < text.numLayers(); ++i)
    if ((i + 1) % step == 0 && !std::binary_search(dense.begin(), dense.end(), i)) {
      text.layers[static_cast<std::size_t>(i)].mlp = MlpKind::Sparse;
      text.experts = moe;
    }
  if (!reader.hasProblems() && !text.experts && moe.outputRouterLogits)
    reader.problem("output_router_logits", "expected false: no layer is sparse");

  config.checkpoint.ways = separateOrFusedExperts();

  // Written by the authors' own code; other values mean another model.
  reader.supportOnly("qkv_bias", false, "attention_bias decides");
  reader.supportOnly("shared_expert_intermediate_size", 0, "qwen3_moe has no shared expert");
  reader.supportOnly("use_qk_norm", true, "qwen3_moe normalises queries and keys");
}

} // namespace veomni
