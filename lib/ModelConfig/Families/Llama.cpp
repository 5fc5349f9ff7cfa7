// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/llama/configuration_llama.py, modeling_llama.py
#include "Common.h"

namespace veomni {

void readLlama(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 2048, .eosTokenId = 2});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, std::nullopt);
  readNullableHeadDim(reader, text, std::nullopt);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.mlp.bias = reader.boolean("mlp_bias", false);
  // validate_architecture, even where head_dim is given.
  if (!reader.hasProblems() && text.hiddenSize % text.attention.numHeads != 0)
    reader.problem("hidden_size",
                   "expected a multiple of num_attention_heads = " + std::to_string(text.attention.numHeads));
}

} // namespace veomni
