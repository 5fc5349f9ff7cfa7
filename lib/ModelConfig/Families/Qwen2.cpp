// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen2/configuration_qwen2.py, modeling_qwen2.py
#include "Common.h"

namespace veomni {

void readQwen2(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  readNullableKeyValueHeads(reader, config, 32);
  // Not a field of Qwen2Config, but its attention takes it if it is there (and fails on null).
  config.headDim = reader.integer("head_dim", hiddenSizePerHead(config), headDimRange);
  readLayerTypes(reader, config);
  // The biases are fixed in the code; a config that says otherwise means another model.
  constexpr std::string_view why = "qwen2 has biases in the query, key and value projections and nowhere else";
  config.queryKeyValueBias = true;
  reader.supportOnly("attention_bias", true, why);
  reader.supportOnly("mlp_bias", false, why);
}

} // namespace veomni
