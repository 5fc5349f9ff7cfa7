// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/granite/configuration_granite.py, modeling_granite.py: llama with four multipliers
#include "Common.h"

namespace veomni {

void readGranite(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 2048, .eosTokenId = 2});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, std::nullopt);
  // Not a field of GraniteConfig, but its attention takes it if it is there (and fails on null).
  text.attention.headDim = reader.integer("head_dim", hiddenSizePerHead(text), headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.mlp.bias = reader.boolean("mlp_bias", false);
  constexpr NumberRange multiplier = {-1e12, 1e12};
  text.embedding.multiplier = reader.number("embedding_multiplier", 1, multiplier);
  text.residualMultiplier = reader.number("residual_multiplier", 1, multiplier);
  text.attention.scoreScale = reader.number("attention_multiplier", 1, multiplier);
  text.head.divisor = reader.number("logits_scaling", 1, {1e-12, 1e12});
}

} // namespace veomni
