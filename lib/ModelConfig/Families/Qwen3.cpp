// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/qwen3/configuration_qwen3.py, modeling_qwen3.py, and the text model of qwen3_vl, which is qwen3 with positions
// of three axes and without windows
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

void readQwen3VlText(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 128000, .rope = {.theta = 500000, .otherKeys = mropeKeys}});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 32);
  text.attention.headDim = reader.integer("head_dim", 128, headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNorm = true;
  readMrope(reader, text, MropeSections::Interleaved);
  text.classes.model = "TextModel";
  text.classes.rotary = "TextRotaryEmbedding";
  text.classes.layer = "TextDecoderLayer";
  text.classes.attention = "TextAttention";
  text.classes.mlp = "TextMLP";
}

} // namespace veomni
