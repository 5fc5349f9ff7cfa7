// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the families share. Each family is a function that reads its own keys, with the defaults of its
// configuration_<family>.py in transformers 5.9.0, into a ModelConfig.
#ifndef VEOMNI_MODELCONFIG_FAMILIES_COMMON_H
#define VEOMNI_MODELCONFIG_FAMILIES_COMMON_H

#include "veomni/ModelConfig/ConfigReader.h"
#include "veomni/ModelConfig/ModelConfig.h"

namespace veomni {

// Far above any published model, and low enough that what is allocated per layer, expert or frequency stays small.
inline constexpr IntegerRange vocabRange = {1, std::int64_t{1} << 31};
inline constexpr IntegerRange widthRange = {1, std::int64_t{1} << 24};
inline constexpr IntegerRange layerCountRange = {1, 4096};
inline constexpr IntegerRange headCountRange = {1, 65536};
inline constexpr IntegerRange headDimRange = {2, 65536};
inline constexpr IntegerRange expertCountRange = {0, 65536};
inline constexpr IntegerRange positionRange = {1, std::int64_t{1} << 40};
inline constexpr IntegerRange tokenIdRange = {0, (std::int64_t{1} << 31) - 1};
// The norm adds it in float32, where less than this could become 0.
inline constexpr NumberRange normEpsilonRange = {1e-30, 1};
inline constexpr std::int64_t maxExpertsOfAllLayers = std::int64_t{1} << 18;

struct FamilyDefaults {
  std::int64_t maxPositionEmbeddings;
  double rmsNormEps = 1e-6;
  RopeDefaults rope = {};
  std::optional<std::int64_t> eosTokenId = std::nullopt;
  /// Published checkpoints hold MXFP4 blocks, and their configs say so; those of other families may hold FP8.
  bool mxfp4 = false;
  /// The key of the MLPs' activation, and what it is where the key is absent.
  std::string_view activationKey = "hidden_act", activation = "silu";
  /// tie_word_embeddings.
  bool tied = false;
  /// Rope parameters that are one section lie there; otherwise the family reads them.
  bool oneRope = true;
  /// There are dense MLPs, and intermediate_size is their width.
  bool denseMlp = true;
};

/// Sizes, activation, norm, rope, dtype and token ids. All layers come out full and dense. The size keys are required:
/// transformers would put in those of its favourite model, but a file without them is damaged.
void readCommon(ConfigReader &reader, ModelConfig &config, const FamilyDefaults &defaults);

/// What the config around that of a text model says of it, unless that does itself: tied or not, type, quantisation,
/// ends of texts.
void readAroundText(ConfigReader &reader, const ConfigReader &text, ModelConfig &config);

/// Positions of three axes (mrope), of which a token of text has the same on all: neither the sizes of the sections nor
/// their order changes an angle, if the sections fit the frequencies.
inline constexpr std::string_view mropeKeys[] = {"mrope_section", "mrope_interleaved"};
enum class MropeSections { Behind, Interleaved };
void readMrope(ConfigReader &reader, TextConfig &text, MropeSections sections);

/// null means one per attention head (multi-head attention).
void readNullableKeyValueHeads(ConfigReader &reader, TextConfig &text, std::optional<std::int64_t> absent);
/// null means hidden_size / num_attention_heads, rounded down.
void readNullableHeadDim(ConfigReader &reader, TextConfig &text, std::optional<std::int64_t> absent);
std::int64_t hiddenSizePerHead(const TextConfig &text);

/// layer_types, if they are there, decide which layers are not full but of the other kind. Returns whether they are.
bool readLayerTypeNames(ConfigReader &reader, TextConfig &text, AttentionKind other = AttentionKind::Sliding);
/// What slides, slides by `window`; `why` ends the message where there is none.
void setWindow(ConfigReader &reader, TextConfig &text, std::optional<std::int64_t> window, std::string_view why);
/// use_sliding_window (which may be null for some), sliding_window, max_window_layers and layer_types as Qwen2 and
/// Qwen3 read them.
void readLayerTypes(ConfigReader &reader, TextConfig &text, std::int64_t maxWindowLayers = 28,
                    bool nullableSwitch = false);
/// Every layer slides if there is a window.
void slideAllLayers(TextConfig &text, std::optional<std::int64_t> window);

/// decoder_sparse_step and mlp_only_layers: which layers are sparse, of experts as `moe` has them.
void readSparseLayers(ConfigReader &reader, TextConfig &text, const ExpertsConfig &moe);

/// router_aux_loss_coef and output_router_logits.
void readRouterLoss(ConfigReader &reader, ExpertsConfig &moe);
/// num_local_experts, also spelled `otherKey`.
std::int64_t readNumExperts(ConfigReader &reader, std::int64_t absent, std::string_view otherKey = "num_experts");

// The parameters of all experts of a layer, as transformers 5 has them in memory.
inline constexpr std::string_view kGateUp = ".mlp.experts.gate_up_proj", kDown = ".mlp.experts.down_proj";
/// Three matrices per expert; `#` in their names is its number.
StorageWay separateExperts(std::array<std::string_view, 3> gateUpDown);
/// Two tensors per layer, as in memory.
StorageWay fusedExperts();
/// Three tensors per layer: gate and up projections apart, as VeOmni stored them on transformers 4.
StorageWay stackedExperts();
/// The ways of most families: `mlp.experts.#.gate_proj.weight` and so on, or fused, or stacked.
std::vector<StorageWay> separateOrFusedExperts();

void readDeepseekV3(ConfigReader &reader, ModelConfig &config);
void readGemma3Text(ConfigReader &reader, ModelConfig &config);
void readGlmMoeDsa(ConfigReader &reader, ModelConfig &config);
void readGptOss(ConfigReader &reader, ModelConfig &config);
void readGranite(ConfigReader &reader, ModelConfig &config);
void readLlama(ConfigReader &reader, ModelConfig &config);
void readMistral(ConfigReader &reader, ModelConfig &config);
void readMixtral(ConfigReader &reader, ModelConfig &config);
void readOlmo2(ConfigReader &reader, ModelConfig &config);
void readQwen2(ConfigReader &reader, ModelConfig &config);
void readQwen2Moe(ConfigReader &reader, ModelConfig &config);
void readQwen2VlText(ConfigReader &reader, ModelConfig &config);
void readQwen3(ConfigReader &reader, ModelConfig &config);
void readQwen3Moe(ConfigReader &reader, ModelConfig &config);
void readQwen3VlMoeText(ConfigReader &reader, ModelConfig &config);
void readQwen3VlText(ConfigReader &reader, ModelConfig &config);
void readQwen35MoeText(ConfigReader &reader, ModelConfig &config);
void readQwen35Text(ConfigReader &reader, ModelConfig &config);
void readSeedOss(ConfigReader &reader, ModelConfig &config);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_FAMILIES_COMMON_H
