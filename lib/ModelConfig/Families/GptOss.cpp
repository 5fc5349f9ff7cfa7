// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/gpt_oss/configuration_gpt_oss.py, modeling_gpt_oss.py
#include "Common.h"

namespace veomni {

/// Unlike the other families' models, GptOssModel in eager form does not look for packed documents; here they are kept
/// apart all the same, as its attention kernels for packed rows do.
void readGptOss(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config,
             {.maxPositionEmbeddings = 131072, .rmsNormEps = 1e-5, .rope = {.theta = 150000}, .mxfp4 = true});
  TextConfig &text = config.text;
  text.attention.numKeyValueHeads = reader.integer("num_key_value_heads", 8, headCountRange);
  text.attention.headDim = reader.integer("head_dim", 64, headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", true);
  text.attention.sinks = true;
  if (!reader.has("rope_parameters") && !reader.has("rope_scaling")) {
    text.rope.parameters.type = RopeType::Yarn;
    text.rope.parameters.factor = 32;
    text.rope.parameters.originalMaxPositionEmbeddings = 4096;
    text.rope.parameters.truncate = false;
  }

  std::optional<std::int64_t> window = reader.nullableInteger("sliding_window", 128, positionRange);
  if (!readLayerTypeNames(reader, text))
    for (std::size_t i = 0; i < text.layers.size(); i += 2)
      text.layers[i].attention = AttentionKind::Sliding;
  setWindow(reader, text, window, "a sliding_window");
  for (LayerConfig &layer : text.layers)
    layer.mlp = MlpKind::Sparse;

  ExpertsConfig &moe = text.experts.emplace();
  moe.count = readNumExperts(reader, 128);
  moe.perToken = reader.integer("num_experts_per_tok", 4, expertCountRange);
  moe.width = text.mlp.width;
  readRouterLoss(reader, moe);
  moe.softmaxOverChosen = true;
  moe.bias = true;
  moe.glu = {.interleaved = true, .limit = 7.0f, .alpha = 1.702f, .upShift = 1.0f};
  moe.routerName = "router";
  text.classes.sparseBlock = "MLP";
  config.checkpoint.ways = {{"holds them as floats", {storedTransposed(kGateUp), storedTransposed(kDown)}},
                            {"holds them in MXFP4", {storedInMxfp4(kGateUp), storedInMxfp4(kDown)}}};
  if (!reader.hasProblems() && text.mlp.activation != Activation::Silu)
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
