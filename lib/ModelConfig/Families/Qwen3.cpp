// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen3/configuration_qwen3.py, modeling_qwen3.py
#include "Common.h"

namespace veomni {

void readQwen3(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 32);
  text.attention.headDim = reader.integer("head_dim", 128, headDimRange);
  readLayerTypes(reader, text);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNorm = true;
}

} // namespace veomni
