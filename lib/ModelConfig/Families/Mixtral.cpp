// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/mixtral/configuration_mixtral.py, modeling_mixtral.py
#include "Common.h"

namespace veomni {

namespace {

// [mixtral-storage]
/// Separate experts have the names of the authors' own code, whose router lies elsewhere, too.
std::vector<StorageWay> storageWays() {
  StorageWay separate =
      separateExperts({".block_sparse_moe.experts.#.w1.weight", ".block_sparse_moe.experts.#.w3.weight",
                       ".block_sparse_moe.experts.#.w2.weight"});
  separate.rules.push_back(storedAs(".mlp.gate.weight", ".block_sparse_moe.gate.weight"));
  return {std::move(separate), fusedExperts()};
}
// [/mixtral-storage]

} // namespace

void readMixtral(ConfigReader &reader, ModelConfig &config) {
  readCommon(reader, config,
             {.maxPositionEmbeddings = 131072, .rmsNormEps = 1e-5, .rope = {.theta = 1e6}, .eosTokenId = 2});
  TextConfig &text = config.text;
  text.attention.numKeyValueHeads = reader.integer("num_key_value_heads", 8, headCountRange);
  readNullableHeadDim(reader, text, std::nullopt);
  slideAllLayers(text, reader.nullableInteger("sliding_window", std::nullopt, positionRange));
  for (LayerConfig &layer : text.layers)
    layer.mlp = MlpKind::Sparse;

  ExpertsConfig &moe = text.experts.emplace();
  moe.count = readNumExperts(reader, 8);
  moe.perToken = reader.integer("num_experts_per_tok", 2, expertCountRange);
  moe.width = text.mlp.width;
  moe.renormalizeTopK = true;
  // MixtralTopKRouter leaves the scores as the float32 softmax gave them.
  moe.routingWeightType = RoutingWeightType::Float32;
  readRouterLoss(reader, moe);
  reader.ignore("router_jitter_noise"); // acts in training only

  config.checkpoint.ways = storageWays();

  constexpr std::string_view why = "mixtral has no biases";
  reader.supportOnly("attention_bias", false, why);
  reader.supportOnly("mlp_bias", false, why);
}

} // namespace veomni
