// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen2_moe/configuration_qwen2_moe.py, modeling_qwen2_moe.py
#include "Common.h"

#include <algorithm>

namespace veomni {

namespace {

/// Without layer_types every other layer of the first max_window_layers slides.
void readWindows(ConfigReader &reader, TextConfig &text) {
  const bool useWindow = reader.boolean("use_sliding_window", false);
  std::optional<std::int64_t> window =
      reader.nullableInteger("sliding_window", 4096, {useWindow ? 1 : 0, positionRange.max});
  const std::int64_t firstFull = reader.integer("max_window_layers", 28, {});
  if (!useWindow)
    window = std::nullopt;
  if (!readLayerTypeNames(reader, text))
    for (std::int64_t i = 0; window && i < std::min(firstFull, text.numLayers()); i += 2)
      text.layers[static_cast<std::size_t>(i)].attention = AttentionKind::Sliding;
  setWindow(reader, text, window, "use_sliding_window = true and a sliding_window");
}

} // namespace

void readQwen2Moe(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 16);
  // Not a field of Qwen2MoeConfig, but its attention takes it if it is there (and fails on null).
  text.attention.headDim = reader.integer("head_dim", hiddenSizePerHead(text), headDimRange);
  text.attention.queryKeyValueBias = reader.boolean("qkv_bias", true);
  readWindows(reader, text);

  ExpertsConfig moe;
  moe.count = readNumExperts(reader, 60);
  moe.perToken = reader.integer("num_experts_per_tok", 4, expertCountRange);
  moe.width = reader.integer("moe_intermediate_size", 1408, widthRange);
  moe.renormalizeTopK = reader.boolean("norm_topk_prob", false);
  readRouterLoss(reader, moe);
  moe.sharedWidth = reader.integer("shared_expert_intermediate_size", 5632, widthRange);
  moe.sharedGate = true;
  moe.sharedName = "shared_expert";
  readSparseLayers(reader, text, moe);
  config.checkpoint.ways = separateOrFusedExperts();
}

} // namespace veomni
