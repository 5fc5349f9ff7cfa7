// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/olmo2/configuration_olmo2.py, modeling_olmo2.py: norms of what attention and MLP return, and of all heads
// together
#include "Common.h"

namespace veomni {

void readOlmo2(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 2048, .rmsNormEps = 1e-5, .eosTokenId = 50279});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, std::nullopt);
  // Not a field of Olmo2Config, but its attention takes it if it is there (and fails on null).
  text.attention.headDim = reader.integer("head_dim", hiddenSizePerHead(text), headDimRange);
  text.attention.queryKeyValueBias = text.attention.outputBias = reader.boolean("attention_bias", false);
  text.attention.queryKeyNormOfAllHeads = true;
  text.norm.placement = NormPlacement::After;
  reader.supportOnly("clip_qkv", nullptr, "olmo2 does not clip");
}

} // namespace veomni
