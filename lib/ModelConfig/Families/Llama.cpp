// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/llama/configuration_llama.py, modeling_llama.py
#include "Common.h"

namespace veomni {

void readLlama(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 2048, .eosTokenId = 2});
  readNullableKeyValueHeads(reader, config, std::nullopt);
  readNullableHeadDim(reader, config, std::nullopt);
  config.queryKeyValueBias = config.attentionOutputBias = reader.boolean("attention_bias", false);
  config.mlpBias = reader.boolean("mlp_bias", false);
  // validate_architecture, even where head_dim is given.
  if (!reader.hasProblems() && config.hiddenSize % config.numAttentionHeads != 0)
    reader.problem("hidden_size", "expected a multiple of num_attention_heads = " + std::to_string(config.numAttentionHeads));
}

} // namespace veomni
