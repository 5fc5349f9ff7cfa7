// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a config.json says about a decoder-only language model, with every default filled in and every spelling resolved.
#ifndef VEOMNI_MODELCONFIG_DECODERCONFIG_H
#define VEOMNI_MODELCONFIG_DECODERCONFIG_H

#include "veomni/ModelConfig/Rope.h"
#include "veomni/runtime/Status.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

/// The gate's activation. Gelu is the exact one (erf), GeluTanh its tanh approximation.
enum class Activation { Silu, Gelu, GeluTanh };

enum class AttentionKind { Full, Sliding, Linear };
enum class MlpKind { Dense, Sparse };

struct LayerConfig {
  AttentionKind attention = AttentionKind::Full;
  MlpKind mlp = MlpKind::Dense;
  /// With an indexer: attends to the keys that the last layer before chose which chooses itself.
  bool sharesKeys = false;
  friend bool operator==(const LayerConfig &, const LayerConfig &) = default;
};

/// The type in which the weights of the chosen experts are multiplied with their outputs.
enum class RoutingWeightType {
  Float32,    // kept as the softmax gave them
  Activation, // cast to the activations' type first
};

/// Sigmoid scores, of which a learned bias and the best groups of experts decide only the choice; the weights are the scores themselves.
struct GroupRoutingConfig {
  std::int64_t numGroups = 1;
  /// A token's experts come from so many groups: those whose two best experts together score best.
  std::int64_t groupsPerToken = 1;
  /// What the weights are multiplied by.
  double scale = 1;
  friend bool operator==(const GroupRoutingConfig &, const GroupRoutingConfig &) = default;
};

/// What the gated linear unit of experts does besides `act(gate) * up`, as `veomni.packed_glu` has it.
struct ExpertGlu {
  bool interleaved = false;
  std::optional<float> limit, alpha, upShift;
  friend bool operator==(const ExpertGlu &, const ExpertGlu &) = default;
};

/// Sparse layers: softmax over all experts in float32, then the top k; or `groupRouting`.
struct MoeConfig {
  std::int64_t numExperts = 0;
  std::int64_t expertsPerToken = 0;
  std::int64_t expertIntermediateSize = 0;
  /// Divide the weights of the chosen experts by their sum.
  bool renormalizeTopK = false;
  RoutingWeightType routingWeightType = RoutingWeightType::Activation;
  /// loss += routerAuxLossCoef * load balancing loss, if outputRouterLogits.
  double routerAuxLossCoef = 0;
  bool outputRouterLogits = false;
  std::optional<GroupRoutingConfig> groupRouting = std::nullopt;
  /// Width of the MLP that every token passes besides its experts; 0 if there is none.
  std::int64_t sharedIntermediateSize = 0;
  /// The sigmoid of `<sharedName>_gate`, one number per token, is what that MLP's output is multiplied by.
  bool sharedGate = false;
  /// The top k logits first, then softmax over those.
  bool softmaxOverChosen = false;
  /// Biases of the router and of both projections of the experts.
  bool bias = false;
  ExpertGlu glu = {};
  /// Classes behind the family's prefix, and the name of the router in its block.
  std::string_view blockClass = "SparseMoeBlock", routerClass = "TopKRouter", expertsClass = "Experts", routerName = "gate";
  std::string_view sharedName = "shared_experts";
  friend bool operator==(const MoeConfig &, const MoeConfig &) = default;
};

/// Multi-head latent attention: queries, keys and values come out of narrow vectors, and only a part of each head turns. All heads share
/// the key's part that turns.
struct LatentAttentionConfig {
  /// Width of the vector that queries come from; without one they are projected as in other models.
  std::optional<std::int64_t> queryRank;
  std::int64_t keyValueRank = 0;
  /// Columns of a head of queries and keys that stay as they are; `headDim` more turn.
  std::int64_t passDim = 0;
  std::int64_t valueDim = 0;
  /// yarn's mscale_all_dim scales the scores, too.
  bool ropeScalesScores = true;
  friend bool operator==(const LatentAttentionConfig &, const LatentAttentionConfig &) = default;
};

/// Linear attention by the gated delta rule, of queries, keys and values that pass a short convolution first. Several heads of values may
/// share one of queries and keys.
struct LinearAttentionConfig {
  std::int64_t convTaps = 0;
  std::int64_t numKeyHeads = 0;
  std::int64_t numValueHeads = 0;
  std::int64_t keyDim = 0;
  std::int64_t valueDim = 0;
  friend bool operator==(const LinearAttentionConfig &, const LinearAttentionConfig &) = default;
};

/// Sparse attention: what chooses the keys that a query sees, from the narrow vector of queries and the layer's input.
struct IndexerConfig {
  std::int64_t numHeads = 0;
  /// Its first DecoderConfig::headDim columns turn.
  std::int64_t headDim = 0;
  std::int64_t topK = 0;
  bool ropeInterleaved = false;
  friend bool operator==(const IndexerConfig &, const IndexerConfig &) = default;
};

struct DecoderConfig {
  std::string modelType;    // "llama"
  std::string architecture; // "LlamaForCausalLM"
  std::int64_t vocabSize = 0;
  std::int64_t hiddenSize = 0;
  /// Width of the dense MLPs. Unused where all layers are sparse.
  std::int64_t intermediateSize = 0;
  std::int64_t numHiddenLayers = 0;
  std::int64_t numAttentionHeads = 0;
  std::int64_t numKeyValueHeads = 0;
  std::int64_t headDim = 0;
  std::optional<LatentAttentionConfig> latentAttention;
  /// Set if and only if a layer is linear.
  std::optional<LinearAttentionConfig> linearAttention;
  /// With latent attention and its queryRank only.
  std::optional<IndexerConfig> indexer;
  std::int64_t maxPositionEmbeddings = 0;
  Activation hiddenAct = Activation::Silu;
  double rmsNormEps = 0;
  /// lm_head uses the embedding table.
  bool tieWordEmbeddings = false;
  bool queryKeyValueBias = false;
  bool attentionOutputBias = false;
  /// A score per head that takes part in the softmax of every query, and has no value.
  bool attentionSinks = false;
  /// Biases of the gate, up and down projections of dense MLPs.
  bool mlpBias = false;
  /// RMS norm over each head of queries and keys, before rope.
  bool queryKeyNorm = false;
  /// Every head of the query projection has as many columns more, and the sigmoid of those is what its output is multiplied by.
  bool attentionGate = false;
  /// RMS norms multiply by 1 + weight; those with a gate do not.
  bool onePlusNorm = false;
  /// numHiddenLayers entries.
  std::vector<LayerConfig> layers;
  /// Set if and only if a layer slides: a query sees itself and the slidingWindow - 1 positions before it.
  std::optional<std::int64_t> slidingWindow;
  RopeParameters rope;
  /// Neighbours turn together, not elements that are half a head apart.
  bool ropeInterleaved = false;
  /// Set if and only if a layer is sparse.
  std::optional<MoeConfig> moe;
  /// Layers behind the last one that a checkpoint may hold and no forward reads, such as those that predict further tokens.
  std::int64_t ignoredLayers = 0;
  /// So begin the names of tensors that a checkpoint may hold for other models; empty if there are none.
  std::string_view ignoredPrefix;
  /// Classes behind the family's prefix.
  std::string_view modelClass = "Model", rotaryClass = "RotaryEmbedding";
  /// The type the weights were saved in, as config.json names it ("float32", "bfloat16", ...); empty if it does not say.
  std::string dtype;
  std::vector<std::int64_t> eosTokenIds;
  /// Matrices may be stored as FP8 with a scale per block of so many rows and columns.
  std::optional<std::array<std::int64_t, 2>> fp8Block;

  friend bool operator==(const DecoderConfig &, const DecoderConfig &) = default;
};

/// Reads the text of a config.json. Fails with every problem found, each line starting with `fileName`. Keys listed in `allowedKeys`
/// may be present although nothing reads them.
Expected<DecoderConfig> parseDecoderConfig(std::string_view text, std::string_view fileName, std::span<const std::string> allowedKeys = {});

/// Replaces the eos token ids by those of a generation_config.json, if it names any: generation uses that file before the config.
Status applyGenerationConfig(DecoderConfig &config, std::string_view text, std::string_view fileName);

/// "silu", "gelu" or "gelu_tanh".
std::string_view activationName(Activation activation);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_DECODERCONFIG_H
