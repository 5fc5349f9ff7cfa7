// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/gemma3/configuration_gemma3.py (Gemma3TextConfig), modeling_gemma3.py
#include "Common.h"

#include <cmath>

namespace veomni {

namespace {

/// A section of rope parameters for each kind of layer, or the keys of older files: rope_theta and rope_scaling of full
/// layers, rope_local_base_freq of sliding ones.
void readRopes(ConfigReader &reader, TextConfig &text) {
  constexpr NumberRange positive = {1e-12, 1e12};
  const double theta = reader.number("rope_theta", 1e6, positive),
               localTheta = reader.number("rope_local_base_freq", 1e4, positive);
  if (reader.has("rope_scaling") && reader.has("rope_parameters"))
    reader.problem("rope_scaling", "is given beside rope_parameters, expected one of them");
  ConfigReader sections = reader.section("rope_parameters"), scaling = reader.section("rope_scaling");
  ConfigReader full = sections.section("full_attention"), local = sections.section("sliding_attention");
  ConfigReader &global = reader.has("rope_scaling") ? scaling : full;
  text.rope.parameters = readRopeSection(global, theta, text.maxPositionEmbeddings);
  text.rope.sliding = readRopeSection(local, localTheta, text.maxPositionEmbeddings);
  // _compute_yarn_parameters looks for `truncate` beside the sections, where none is (transformers 5.9.0).
  text.rope.parameters.truncate = text.rope.sliding->truncate = true;
  if (reader.has("rope_theta") && text.rope.parameters.theta != theta && theta != 1e6)
    reader.problem("rope_theta", "contradicts " + full.describe("rope_theta"));
  // transformers writes these beside the sections where a model has layers of one kind only.
  sections.supportOnly("rope_type", "default", "each kind of layer has a section of its own");
  sections.supportOnly("rope_theta", nullptr, "each kind of layer has a section of its own");
  for (ConfigReader *section : {&full, &local, &scaling, &sections})
    section->refuseUnclaimed();
}

} // namespace

void readGemma3Text(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config,
             {.maxPositionEmbeddings = 131072,
              .eosTokenId = 1,
              .activationKey = "hidden_activation",
              .activation = "gelu_pytorch_tanh",
              .tied = true,
              .oneRope = false});
  TextConfig &text = config.text;
  readRopes(reader, text);
  text.attention.numKeyValueHeads = reader.integer("num_key_value_heads", 4, headCountRange);
  text.attention.headDim = reader.integer("head_dim", 256, headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNorm = true;
  text.attention.scoreScale =
      1 / std::sqrt(static_cast<double>(reader.integer("query_pre_attn_scalar", 256, widthRange)));
  text.norm.onePlus = true;
  text.norm.placement = NormPlacement::Around;
  text.embedding.multiplier = std::sqrt(static_cast<double>(text.hiddenSize));
  // Gemma3ForConditionalGeneration has the key and does not cap its logits (transformers 5.9.0, modeling_gemma3.py).
  std::optional<double> cap = reader.nullableNumber("final_logit_softcapping", {1e-12, 1e12});
  if (config.modelType == "gemma3_text")
    text.head.cap = cap;
  text.classes.model = "TextModel";

  std::optional<std::int64_t> window = reader.nullableInteger("sliding_window", 4096, positionRange);
  const std::int64_t pattern = reader.integer("sliding_window_pattern", 6, {1, layerCountRange.max});
  if (!readLayerTypeNames(reader, text))
    for (std::int64_t i = 0; i < text.numLayers(); ++i)
      if ((i + 1) % pattern != 0)
        text.layers[static_cast<std::size_t>(i)].attention = AttentionKind::Sliding;
  setWindow(reader, text, window, "a sliding_window");

  reader.supportOnly("use_bidirectional_attention", false, "texts are read from left to right");
  reader.supportOnly("attn_logit_softcapping", nullptr, "transformers 5.9.0 does not cap the scores of gemma3");
  // What the pattern was that layer_types follow; how caches are kept; what the key of the activation was called.
  for (std::string_view key : {"_sliding_window_pattern", "cache_implementation", "hidden_act"})
    reader.ignore(key);
  if (!reader.hasProblems() && text.hiddenSize % text.attention.numHeads != 0)
    reader.problem("hidden_size",
                   "expected a multiple of num_attention_heads = " + std::to_string(text.attention.numHeads));
}

} // namespace veomni
