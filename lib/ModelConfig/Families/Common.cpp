// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Blocks of configurations that several families share.
#include "Common.h"

#include "../IgnoredKeys.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace veomni {

namespace {

// ACT2CLS in activations.py. gelu_new and its kin are the same curve by another formula: other roundings, so not taken
// for it.
constexpr std::string_view activationKeys[] = {"silu", "swish", "gelu", "gelu_pytorch_tanh"};
constexpr Activation activations[] = {Activation::Silu, Activation::Silu, Activation::Gelu, Activation::GeluTanh};
constexpr std::string_view dtypes[] = {"float32", "bfloat16", "float16", "float64"};

Activation readActivation(ConfigReader &reader, const FamilyDefaults &defaults) {
  std::string key = reader.choice(defaults.activationKey, defaults.activation, activationKeys);
  for (std::size_t i = 0; i < std::size(activationKeys); ++i)
    if (key == activationKeys[i])
      return activations[i];
  return Activation::Silu;
}

std::string readDtype(ConfigReader &reader) {
  reader.refuseContradiction("torch_dtype", "dtype");
  std::optional<std::string> older = reader.nullableChoice("torch_dtype", dtypes);
  std::optional<std::string> dtype = reader.nullableChoice("dtype", dtypes);
  return dtype ? *dtype : older.value_or("");
}

/// FineGrainedFP8Config in quantization_config.py.
void readFp8(ConfigReader &section, ModelConfig &config) {
  constexpr IntegerRange blockRange = {1, widthRange.max};
  std::vector<std::int64_t> block =
      section.nullableIntegers("weight_block_size", blockRange).value_or(std::vector<std::int64_t>{128, 128});
  if (block.size() == 2)
    config.checkpoint.fp8Block = {block[0], block[1]};
  else if (!section.hasProblems())
    section.problem("weight_block_size", "expected two numbers, of rows and of columns");
  section.supportOnly("fmt", "e4m3", "weights are read as f8_e4m3");
  // Of what is computed with such weights: here it is f32 or bf16, rather than activations rounded to FP8.
  for (std::string_view key : {"activation_scheme", "scale_fmt"})
    section.ignore(key);
}

/// How the weights are stored is read from the checkpoint; a config must not promise what cannot be read.
void readQuantization(ConfigReader &reader, ModelConfig &config, bool mxfp4) {
  if (!reader.has("quantization_config") || reader.isNull("quantization_config"))
    return reader.ignore("quantization_config");
  ConfigReader section = reader.section("quantization_config");
  const std::string supported = mxfp4 ? "mxfp4" : "fp8";
  std::optional<std::string> method = section.requiredString("quant_method");
  if (method && *method != supported)
    section.problem("quant_method", "not supported, expected '" + supported + "'");
  else if (!mxfp4)
    readFp8(section, config);
  section.ignore("modules_to_not_convert"); // the others' tensors have other names or types
  section.ignore("dequantize");
  section.refuseUnclaimed();
}

void setTied(ModelConfig &config, bool tied) {
  config.text.head.tied = tied;
  if (tied)
    config.checkpoint.tied = {"lm_head.weight", "model.embed_tokens.weight"};
  else
    config.checkpoint.tied.reset();
}

} // namespace

void readCommon(ConfigReader &reader, ModelConfig &config, const FamilyDefaults &defaults) {
  claimCommonKeys(reader);
  TextConfig &text = config.text;
  text.embedding.vocabSize = reader.requiredInteger("vocab_size", vocabRange);
  text.hiddenSize = reader.requiredInteger("hidden_size", widthRange);
  if (defaults.denseMlp)
    text.mlp.width = reader.requiredInteger("intermediate_size", widthRange);
  const std::int64_t layers = reader.requiredInteger("num_hidden_layers", layerCountRange);
  text.attention.numHeads = reader.requiredInteger("num_attention_heads", headCountRange);
  text.maxPositionEmbeddings = reader.integer("max_position_embeddings", defaults.maxPositionEmbeddings, positionRange);
  text.mlp.activation = readActivation(reader, defaults);
  text.norm.epsilon = reader.number("rms_norm_eps", defaults.rmsNormEps, normEpsilonRange);
  setTied(config, reader.boolean("tie_word_embeddings", defaults.tied));
  if (defaults.oneRope)
    text.rope.parameters = readRopeParameters(reader, defaults.rope, text.maxPositionEmbeddings);
  config.dtype = readDtype(reader);
  readQuantization(reader, config, defaults.mxfp4);
  std::vector<std::int64_t> eos;
  if (defaults.eosTokenId)
    eos.push_back(*defaults.eosTokenId);
  config.eosTokenIds = reader.integerOrList("eos_token_id", std::move(eos), tokenIdRange);
  text.layers.assign(static_cast<std::size_t>(layers), LayerConfig());
}

void readAroundText(ConfigReader &reader, const ConfigReader &text, ModelConfig &config) {
  const bool tied = reader.boolean("tie_word_embeddings", config.text.head.tied);
  if (!text.has("tie_word_embeddings"))
    setTied(config, tied);
  if (std::string dtype = readDtype(reader); config.dtype.empty())
    config.dtype = dtype;
  if (reader.has("quantization_config") && text.has("quantization_config"))
    reader.problem("quantization_config", "is given once more in text_config, expected one of them");
  else
    readQuantization(reader, config, /*mxfp4=*/false);
  std::vector<std::int64_t> eos = reader.integerOrList("eos_token_id", {}, tokenIdRange);
  if (!text.has("eos_token_id") && reader.has("eos_token_id"))
    config.eosTokenIds = std::move(eos);
}

void readMrope(ConfigReader &reader, TextConfig &text, MropeSections sections) {
  if (reader.hasProblems())
    return; // maybe of the section itself
  ConfigReader section = ropeSection(reader);
  section.boolean("mrope_interleaved", true);
  std::optional<std::vector<std::int64_t>> sizes = section.nullableIntegers("mrope_section", {0, headDimRange.max});
  if (!sizes || reader.hasProblems())
    return;
  auto frequencies = static_cast<std::int64_t>(inverseFrequencies(text.rope.parameters, text.attention.headDim).size());
  if (sizes->size() != 3 || std::accumulate(sizes->begin(), sizes->end(), std::int64_t{0}) != frequencies)
    section.problem("mrope_section",
                    "expected three sizes that add up to the " + std::to_string(frequencies) + " frequencies");
  if (reader.hasProblems())
    return;
  text.rope.positionAxes.clear();
  for (std::int64_t axis = 0; sections == MropeSections::Behind && axis < 3; ++axis)
    text.rope.positionAxes.insert(text.rope.positionAxes.end(), static_cast<std::size_t>((*sizes)[std::size_t(axis)]),
                                  axis);
  // Height and width take every third frequency as far as they reach, time all others.
  for (std::int64_t i = 0; sections == MropeSections::Interleaved && i < frequencies; ++i)
    text.rope.positionAxes.push_back(i < 3 * (*sizes)[std::size_t(i % 3)] ? i % 3 : 0);
}

void readNullableKeyValueHeads(ConfigReader &reader, TextConfig &text, std::optional<std::int64_t> absent) {
  text.attention.numKeyValueHeads =
      reader.nullableInteger("num_key_value_heads", absent, headCountRange).value_or(text.attention.numHeads);
}

void readNullableHeadDim(ConfigReader &reader, TextConfig &text, std::optional<std::int64_t> absent) {
  text.attention.headDim = reader.nullableInteger("head_dim", absent, headDimRange).value_or(hiddenSizePerHead(text));
}

std::int64_t hiddenSizePerHead(const TextConfig &text) { return text.hiddenSize / text.attention.numHeads; }

StorageWay separateExperts(std::array<std::string_view, 3> gateUpDown) {
  const auto [gate, up, down] = gateUpDown;
  return {"is one expert", {storedPerExpert(kGateUp, {gate, up}), storedPerExpert(kDown, {down})}};
}

std::vector<StorageWay> separateOrFusedExperts() {
  return {separateExperts(
              {".mlp.experts.#.gate_proj.weight", ".mlp.experts.#.up_proj.weight", ".mlp.experts.#.down_proj.weight"}),
          fusedExperts(), stackedExperts()};
}

StorageWay stackedExperts() {
  return {"holds the gates of all",
          {storedStacked(kGateUp, {".mlp.experts.gate_proj", ".mlp.experts.up_proj"}), storedAs(kDown, kDown)}};
}

StorageWay fusedExperts() { return {"holds all", {storedAs(kGateUp, kGateUp), storedAs(kDown, kDown)}}; }

bool readLayerTypeNames(ConfigReader &reader, TextConfig &text, AttentionKind other) {
  const std::string name = other == AttentionKind::Linear ? "linear_attention" : "sliding_attention";
  std::optional<std::vector<std::string>> types = reader.nullableStrings("layer_types");
  if (!types)
    return false;
  if (types->size() != text.layers.size()) {
    if (!reader.hasProblems())
      reader.problem("layer_types", "expected num_hidden_layers = " + std::to_string(text.layers.size()) +
                                        " entries, found " + std::to_string(types->size()));
  } else {
    for (std::size_t i = 0; i < types->size(); ++i) {
      const std::string &type = (*types)[i];
      if (type == name)
        text.layers[i].attention = other;
      else if (type != "full_attention")
        reader.problem("layer_types", "entry " + std::to_string(i) + " is " + describeValue(type) +
                                          ", expected 'full_attention' or '" + name + "'");
    }
  }
  return true;
}

void setWindow(ConfigReader &reader, TextConfig &text, std::optional<std::int64_t> window, std::string_view why) {
  for (const LayerConfig &layer : text.layers)
    if (layer.attention == AttentionKind::Sliding)
      text.attention.slidingWindow = window.value_or(0);
  // create_sliding_window_causal_mask in masking_utils.py fails without one.
  if (text.attention.slidingWindow == 0)
    reader.problem("layer_types", "a layer slides, but there is no window: expected " + std::string(why));
}

void readLayerTypes(ConfigReader &reader, TextConfig &text, std::int64_t maxWindowLayers, bool nullableSwitch) {
  bool useWindow = nullableSwitch ? reader.nullableBoolean("use_sliding_window", false)
                                  : reader.boolean("use_sliding_window", false);
  std::optional<std::int64_t> window =
      reader.nullableInteger("sliding_window", 4096, {useWindow ? 1 : 0, positionRange.max});
  std::int64_t firstSliding = reader.integer("max_window_layers", maxWindowLayers, {});
  if (!useWindow)
    window = std::nullopt;
  if (!readLayerTypeNames(reader, text))
    for (std::int64_t i = firstSliding; window && i < text.numLayers(); ++i)
      text.layers[static_cast<std::size_t>(i)].attention = AttentionKind::Sliding;
  setWindow(reader, text, window, "use_sliding_window = true and a sliding_window");
}

void slideAllLayers(TextConfig &text, std::optional<std::int64_t> window) {
  text.attention.slidingWindow = window;
  for (LayerConfig &layer : text.layers)
    layer.attention = window ? AttentionKind::Sliding : AttentionKind::Full;
}

void readSparseLayers(ConfigReader &reader, TextConfig &text, const ExpertsConfig &moe) {
  std::int64_t step = reader.integer("decoder_sparse_step", 1, {1, std::numeric_limits<std::int64_t>::max()});
  std::vector<std::int64_t> dense =
      reader.nullableIntegers("mlp_only_layers", {}).value_or(std::vector<std::int64_t>());
  std::sort(dense.begin(), dense.end());
  for (std::int64_t i = 0; moe.count > 0 && i < text.numLayers(); ++i)
    if ((i + 1) % step == 0 && !std::binary_search(dense.begin(), dense.end(), i)) {
      text.layers[static_cast<std::size_t>(i)].mlp = MlpKind::Sparse;
      text.experts = moe;
    }
  if (!reader.hasProblems() && !text.experts && moe.outputRouterLogits)
    reader.problem("output_router_logits", "expected false: no layer is sparse");
}

void readRouterLoss(ConfigReader &reader, ExpertsConfig &moe) {
  moe.routerAuxLossCoef = reader.number("router_aux_loss_coef", 0.001, {0, 1e6});
  moe.outputRouterLogits = reader.boolean("output_router_logits", false);
}

std::int64_t readNumExperts(ConfigReader &reader, std::int64_t absent, std::string_view otherKey) {
  // attribute_map of these families maps one to the other.
  reader.refuseContradiction(otherKey, "num_local_experts");
  std::int64_t other = reader.integer(otherKey, absent, expertCountRange);
  return reader.integer("num_local_experts", other, expertCountRange);
}

} // namespace veomni
