// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/seed_oss/configuration_seed_oss.py, modeling_seed_oss.py
#include "Common.h"

namespace veomni {

// [read-seed-oss]
void readSeedOss(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 524288, .eosTokenId = 2});
  readNullableKeyValueHeads(reader, config, 8);
  readNullableHeadDim(reader, config, 128);
  config.queryKeyValueBias = reader.boolean("attention_bias", true);
  config.attentionOutputBias = reader.boolean("attention_out_bias", false);
  config.mlpBias = reader.boolean("mlp_bias", false);
  reader.ignore("residual_dropout"); // acts in training only
}
// [/read-seed-oss]

} // namespace veomni
