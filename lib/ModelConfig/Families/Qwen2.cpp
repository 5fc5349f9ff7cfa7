// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen2/configuration_qwen2.py, modeling_qwen2.py, and the text models of qwen2_vl and qwen2_5_vl, which are
// qwen2 with positions of three axes
#include "Common.h"

namespace veomni {

namespace {

/// All but the common keys.
void readOwnKeys(ConfigReader &reader, TextConfig &text, std::int64_t keyValueHeads, std::int64_t maxWindowLayers,
                 bool nullableSwitch) {
  readNullableKeyValueHeads(reader, text, keyValueHeads);
  // Not a field of Qwen2Config, but its attention takes it if it is there (and fails on null).
  text.attention.headDim = reader.integer("head_dim", hiddenSizePerHead(text), headDimRange);
  readLayerTypes(reader, text, maxWindowLayers, nullableSwitch);
  // The biases are fixed in the code; a config that says otherwise means another model.
  constexpr std::string_view why = "qwen2 has biases in the query, key and value projections and nowhere else";
  text.attention.queryKeyValueBias = true;
  reader.supportOnly("attention_bias", true, why);
  reader.supportOnly("mlp_bias", false, why);
}

} // namespace

void readQwen2(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  readOwnKeys(reader, config.text, 32, 28, /*nullableSwitch=*/false);
}

void readQwen2VlText(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config,
             {.maxPositionEmbeddings = 32768,
              .rmsNormEps = 1e-5,
              .rope = {.theta = 1e6, .otherKeys = mropeKeys},
              .eosTokenId = 151645});
  readOwnKeys(reader, config.text, 8, 80, /*nullableSwitch=*/true);
  readMrope(reader, config.text, MropeSections::Behind);
  config.text.classes.model = "TextModel";
}

} // namespace veomni
