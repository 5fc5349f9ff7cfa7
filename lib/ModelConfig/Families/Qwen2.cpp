// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen2/configuration_qwen2.py, modeling_qwen2.py
#include "Common.h"

namespace veomni {

void readQwen2(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 32);
  // Not a field of Qwen2Config, but its attention takes it if it is there (and fails on null).
  text.attention.headDim = reader.integer("head_dim", hiddenSizePerHead(text), headDimRange);
  readLayerTypes(reader, text);
  // The biases are fixed in the code; a config that says otherwise means another model.
  constexpr std::string_view why = "qwen2 has biases in the query, key and value projections and nowhere else";
  text.attention.queryKeyValueBias = true;
  reader.supportOnly("attention_bias", true, why);
  reader.supportOnly("mlp_bias", false, why);
}

} // namespace veomni
