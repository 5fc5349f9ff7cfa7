// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen3/configuration_qwen3.py, modeling_qwen3.py
#include "Common.h"

namespace veomni {

void readQwen3(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 32768});
  readNullableKeyValueHeads(reader, config, 32);
  config.headDim = reader.integer("head_dim", 128, headDimRange);
  readLayerTypes(reader, config);
  config.queryKeyValueBias = config.attentionOutputBias = reader.boolean("attention_bias", false);
  config.queryKeyNorm = true;
}

} // namespace veomni
