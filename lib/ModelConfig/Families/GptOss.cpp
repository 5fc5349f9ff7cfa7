// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/gpt_oss/configuration_gpt_oss.py, modeling_gpt_oss.py
#include "Common.h"

namespace veomni {

/// Unlike the other families' models, GptOssModel in eager form does not look for packed documents; here they are kept apart all the same,
/// as its attention kernels for packed rows do.
void readGptOss(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 131072, .rmsNormEps = 1e-5, .rope = {.theta = 150000}, .mxfp4 = true});
  config.numKeyValueHeads = reader.integer("num_key_value_heads", 8, headCountRange);
  config.headDim = reader.integer("head_dim", 64, headDimRange);
  config.queryKeyValueBias = config.attentionOutputBias = reader.boolean("attention_bias", true);
  config.attentionSinks = true;
  if (!reader.has("rope_parameters") && !reader.has("rope_scaling")) {
    config.rope.type = RopeType::Yarn;
    config.rope.factor = 32;
    config.rope.originalMaxPositionEmbeddings = 4096;
    config.rope.truncate = false;
  }

  std::optional<std::int64_t> window = reader.nullableInteger("sliding_window", 128, positionRange);
  if (!readLayerTypeNames(reader, config))
    for (std::size_t i = 0; i < config.layers.size(); i += 2)
      config.layers[i].attention = AttentionKind::Sliding;
  setWindow(reader, config, window, "a sliding_window");
  for (LayerConfig &layer : config.layers)
    layer.mlp = MlpKind::Sparse;

  MoeConfig &moe = config.moe.emplace();
  moe.numExperts = readNumExperts(reader, 128);
  moe.expertsPerToken = reader.integer("num_experts_per_tok", 4, expertCountRange);
  moe.expertIntermediateSize = config.intermediateSize;
  readRouterLoss(reader, moe);
  moe.softmaxOverChosen = true;
  moe.bias = true;
  moe.glu = {.interleaved = true, .limit = 7.0f, .alpha = 1.702f, .upShift = 1.0f};
  moe.blockClass = "MLP";
  moe.routerName = "router";
  if (!reader.hasProblems() && config.hiddenAct != Activation::Silu)
    reader.problem("hidden_act", "expected 'silu': the experts of gpt_oss know no other");

  // GptOssExperts has these numbers in its code, whatever the config says.
  constexpr std::string_view why = "transformers 5.9.0 computes with this number only";
  reader.supportOnly("swiglu_limit", 7.0, why);
  reader.supportOnly("swiglu_alpha", 1.702, why);
  // Written by the authors' own code beside the keys that are read.
  reader.refuseContradiction("experts_per_token", "num_experts_per_tok");
  reader.ignore("experts_per_token");
  reader.ignore("initial_context_length");
}

} // namespace veomni
