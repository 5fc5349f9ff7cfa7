// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/seed_oss/configuration_seed_oss.py, modeling_seed_oss.py
#include "Common.h"

namespace veomni {

// [read-seed-oss]
void readSeedOss(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 524288, .eosTokenId = 2});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 8);
  readNullableHeadDim(reader, text, 128);
  text.attention.queryKeyValueBias = reader.boolean("attention_bias", true);
  text.attention.outputBias = reader.boolean("attention_out_bias", false);
  text.mlp.bias = reader.boolean("mlp_bias", false);
  reader.ignore("residual_dropout"); // acts in training only
}
// [/read-seed-oss]

} // namespace veomni
