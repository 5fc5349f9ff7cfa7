// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The language model of a config, in blocks: one record per block of the model, so that a family fills those that it
// has and a new block is a record of its own.
#ifndef VEOMNI_MODELCONFIG_TEXTCONFIG_H
#define VEOMNI_MODELCONFIG_TEXTCONFIG_H

#include "veomni/ModelConfig/Rope.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace veomni {

struct EmbeddingConfig {
  std::int64_t vocabSize = 0;
  /// What embeddings are multiplied by, in the type of the table.
  double multiplier = 1;
  friend bool operator==(const EmbeddingConfig &, const EmbeddingConfig &) = default;
};

/// Where a layer has norms.
enum class NormPlacement {
  Before, // attention and MLP get normed input: input_layernorm, post_attention_layernorm
  After,  // what they return is normed: post_attention_layernorm, post_feedforward_layernorm (olmo2)
  Around, // both: the four of input_layernorm, post_attention_, pre_ and post_feedforward_layernorm (gemma)
};

struct NormConfig {
  double epsilon = 0;
  NormPlacement placement = NormPlacement::Before;
  /// RMS norms multiply by 1 + weight; those with a gate do not.
  bool onePlus = false;
  friend bool operator==(const NormConfig &, const NormConfig &) = default;
};

struct RopeConfig {
  RopeParameters parameters = {};
  /// Of sliding layers, where those have other parameters (gemma).
  std::optional<RopeParameters> sliding = {};
  /// Neighbours turn together, not elements that are half a head apart.
  bool interleaved = false;
  /// Where a token has a position on each of three axes (mrope), the axis that each frequency turns by; empty where
  /// there is one axis.
  std::vector<std::int64_t> positionAxes = {};
  friend bool operator==(const RopeConfig &, const RopeConfig &) = default;
};

/// Multi-head latent attention: queries, keys and values come out of narrow vectors, and only a part of each head
/// turns. All heads share the key's part that turns.
struct LatentAttentionConfig {
  /// Width of the vector that queries come from; without one they are projected as in other models.
  std::optional<std::int64_t> queryRank;
  std::int64_t keyValueRank = 0;
  /// Columns of a head of queries and keys that stay as they are; AttentionConfig::headDim more turn.
  std::int64_t passDim = 0;
  std::int64_t valueDim = 0;
  /// yarn's mscale_all_dim scales the scores, too.
  bool ropeScalesScores = true;
  friend bool operator==(const LatentAttentionConfig &, const LatentAttentionConfig &) = default;
};

/// Sparse attention: what chooses the keys that a query sees, from the narrow vector of queries and the layer's input.
struct IndexerConfig {
  std::int64_t numHeads = 0;
  /// Its first AttentionConfig::headDim columns turn.
  std::int64_t headDim = 0;
  std::int64_t topK = 0;
  bool ropeInterleaved = false;
  friend bool operator==(const IndexerConfig &, const IndexerConfig &) = default;
};

/// Softmax attention.
struct AttentionConfig {
  std::int64_t numHeads = 0;
  std::int64_t numKeyValueHeads = 0;
  std::int64_t headDim = 0;
  bool queryKeyValueBias = false;
  bool outputBias = false;
  /// A score per head that takes part in the softmax of every query, and has no value.
  bool sinks = false;
  /// RMS norm over each head of queries and keys, before rope.
  bool queryKeyNorm = false;
  /// RMS norms over all heads of queries and of keys together, before rope (olmo2).
  bool queryKeyNormOfAllHeads = false;
  /// What scores are multiplied by, if not 1 / sqrt(headDim).
  std::optional<double> scoreScale = {};
  /// Every head of the query projection has as many columns more, and the sigmoid of those is what its output is
  /// multiplied by.
  bool gate = false;
  /// Set if and only if a layer slides: a query sees itself and the slidingWindow - 1 positions before it.
  std::optional<std::int64_t> slidingWindow = {};
  std::optional<LatentAttentionConfig> latent = {};
  /// With latent attention and its queryRank only.
  std::optional<IndexerConfig> indexer = {};
  friend bool operator==(const AttentionConfig &, const AttentionConfig &) = default;
};

/// Linear attention by the gated delta rule, of queries, keys and values that pass a short convolution first. Several
/// heads of values may share one of queries and keys.
struct LinearAttentionConfig {
  std::int64_t convTaps = 0;
  std::int64_t numKeyHeads = 0;
  std::int64_t numValueHeads = 0;
  std::int64_t keyDim = 0;
  std::int64_t valueDim = 0;
  friend bool operator==(const LinearAttentionConfig &, const LinearAttentionConfig &) = default;
};

/// The gate's activation. Gelu is the exact one (erf), GeluTanh its tanh approximation.
enum class Activation { Silu, Gelu, GeluTanh };

/// The dense MLPs, and what experts share with them.
struct MlpConfig {
  /// Unused where all layers are sparse.
  std::int64_t width = 0;
  Activation activation = Activation::Silu;
  /// Biases of the gate, up and down projections.
  bool bias = false;
  friend bool operator==(const MlpConfig &, const MlpConfig &) = default;
};

/// The type in which the weights of the chosen experts are multiplied with their outputs.
enum class RoutingWeightType {
  Float32,    // kept as the softmax gave them
  Activation, // cast to the activations' type first
};

/// Sigmoid scores, of which a learned bias and the best groups of experts decide only the choice; the weights are the
/// scores themselves.
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
struct ExpertsConfig {
  std::int64_t count = 0;
  std::int64_t perToken = 0;
  /// Of each expert.
  std::int64_t width = 0;
  /// Divide the weights of the chosen experts by their sum.
  bool renormalizeTopK = false;
  RoutingWeightType routingWeightType = RoutingWeightType::Activation;
  /// loss += routerAuxLossCoef * load balancing loss, if outputRouterLogits.
  double routerAuxLossCoef = 0;
  bool outputRouterLogits = false;
  std::optional<GroupRoutingConfig> groupRouting = std::nullopt;
  /// Width of the MLP that every token passes besides its experts; 0 if there is none.
  std::int64_t sharedWidth = 0;
  /// The sigmoid of `<sharedName>_gate`, one number per token, is what that MLP's output is multiplied by.
  bool sharedGate = false;
  /// The top k logits first, then softmax over those.
  bool softmaxOverChosen = false;
  /// Biases of the router and of both projections of the experts.
  bool bias = false;
  ExpertGlu glu = {};
  /// Names of modules in the sparse block.
  std::string_view routerName = "gate", sharedName = "shared_experts";
  friend bool operator==(const ExpertsConfig &, const ExpertsConfig &) = default;
};

/// What is computed of the last hidden states.
enum class HeadKind {
  LanguageModel, // logits over the vocabulary
  None,          // the hidden states themselves
  TokenScores,   // a score per label for every token, with a bias
  TextScores,    // a score per label for the last token of a text
};

struct HeadConfig {
  HeadKind kind = HeadKind::LanguageModel;
  /// The embedding table is the language model head's matrix.
  bool tied = false;
  /// Scores per token, or per text.
  std::int64_t numLabels = 0;
  /// What is padding behind a text, of which the last token is scored.
  std::optional<std::int64_t> padTokenId = {};
  /// Logits are divided by this.
  double divisor = 1;
  /// Logits become cap * tanh(logits / cap).
  std::optional<double> cap = {};
  friend bool operator==(const HeadConfig &, const HeadConfig &) = default;
};

enum class AttentionKind { Full, Sliding, Linear };
enum class MlpKind { Dense, Sparse };

struct LayerConfig {
  AttentionKind attention = AttentionKind::Full;
  MlpKind mlp = MlpKind::Dense;
  /// With an indexer: attends to the keys that the last layer before chose which chooses itself.
  bool sharesKeys = false;
  friend bool operator==(const LayerConfig &, const LayerConfig &) = default;
};

/// Classes of transformers behind the family's prefix. These are the names that most families use; others say theirs.
struct ClassNames {
  std::string_view model = "Model", rotary = "RotaryEmbedding", layer = "DecoderLayer", attention = "Attention",
                   indexer = "Indexer";
  std::string_view linearAttention = "GatedDeltaNet", mlp = "MLP", sparseBlock = "SparseMoeBlock",
                   router = "TopKRouter";
  std::string_view experts = "Experts";
  friend bool operator==(const ClassNames &, const ClassNames &) = default;
};

struct TextConfig {
  std::int64_t hiddenSize = 0;
  std::int64_t maxPositionEmbeddings = 0;
  /// What attention and MLP add to the hidden states is multiplied by this (granite).
  double residualMultiplier = 1;
  EmbeddingConfig embedding;
  NormConfig norm;
  RopeConfig rope;
  AttentionConfig attention;
  /// Set if and only if a layer is linear.
  std::optional<LinearAttentionConfig> linearAttention;
  MlpConfig mlp;
  /// Set if and only if a layer is sparse.
  std::optional<ExpertsConfig> experts;
  HeadConfig head;
  std::vector<LayerConfig> layers;
  ClassNames classes;

  std::int64_t numLayers() const { return static_cast<std::int64_t>(layers.size()); }
  friend bool operator==(const TextConfig &, const TextConfig &) = default;
};

/// "silu", "gelu" or "gelu_tanh".
std::string_view activationName(Activation activation);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_TEXTCONFIG_H
