// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/mistral/configuration_mistral.py, modeling_mistral.py
#include "Common.h"

namespace veomni {

void readMistral(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 131072, .eosTokenId = 2});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 8);
  readNullableHeadDim(reader, text, std::nullopt);
  slideAllLayers(text, reader.nullableInteger("sliding_window", 4096, positionRange));
  reader.ignore("layer_types"); // of ministral; MistralConfig says that it does not read it
}

} // namespace veomni
