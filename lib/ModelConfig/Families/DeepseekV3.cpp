// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/deepseek_v3/configuration_deepseek_v3.py, modeling_deepseek_v3.py
#include "LatentMoe.h"

namespace veomni {

void readDeepseekV3(ConfigReader &reader, ModelConfig &config) {
  constexpr LatentMoeDefaults defaults = {.queryRank = 1536,
                                          .passDim = 128,
                                          .valueDim = 128,
                                          .numGroups = 8,
                                          .groupsPerToken = 4,
                                          .optionalQueryRank = true,
                                          .optionalSwitches = true,
                                          .ropeInterleaved = true};
  readCommon(reader, config, {.maxPositionEmbeddings = 4096, .eosTokenId = 1});
  TextConfig &text = config.text;
  readNullableKeyValueHeads(reader, text, 128);
  readLatentAttention(reader, text, defaults);

  ExpertsConfig moe = readGroupedMoe(reader, defaults);
  std::int64_t firstSparse = reader.integer("first_k_dense_replace", 3, {});
  for (std::int64_t i = firstSparse; i < text.numLayers(); ++i) {
    text.layers[static_cast<std::size_t>(i)].mlp = MlpKind::Sparse;
    text.experts = moe;
  }
  if (text.experts && !reader.hasProblems())
    checkGroupedMoe(reader, moe);
  describeGroupedMoe(config);
  readAuthorsKeys(reader, config);
}

} // namespace veomni
