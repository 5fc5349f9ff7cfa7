// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/mixtral/configuration_mixtral.py, modeling_mixtral.py
#include "Common.h"

namespace veomni {

void readMixtral(ConfigReader &reader, DecoderConfig &config) {
  readCommon(reader, config, {.maxPositionEmbeddings = 131072, .rmsNormEps = 1e-5, .rope = {.theta = 1e6}, .eosTokenId = 2});
  config.numKeyValueHeads = reader.integer("num_key_value_heads", 8, headCountRange);
  readNullableHeadDim(reader, config, std::nullopt);
  slideAllLayers(config, reader.nullableInteger("sliding_window", std::nullopt, positionRange));
  for (LayerConfig &layer : config.layers)
    layer.mlp = MlpKind::Sparse;

  MoeConfig &moe = config.moe.emplace();
  moe.numExperts = readNumExperts(reader, 8);
  moe.expertsPerToken = reader.integer("num_experts_per_tok", 2, expertCountRange);
  moe.expertIntermediateSize = config.intermediateSize;
  moe.renormalizeTopK = true;
  // MixtralTopKRouter leaves the scores as the float32 softmax gave them.
  moe.routingWeightType = RoutingWeightType::Float32;
  readRouterLoss(reader, moe);
  reader.ignore("router_jitter_noise"); // acts in training only

  constexpr std::string_view why = "mixtral has no biases";
  reader.supportOnly("attention_bias", false, why);
  reader.supportOnly("mlp_bias", false, why);
}

} // namespace veomni
