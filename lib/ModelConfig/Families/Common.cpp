// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Common.h"

#include "../IgnoredKeys.h"

#include <iterator>

namespace veomni {

namespace {

// ACT2CLS in activations.py. gelu_new and its kin are the same curve by another formula: other roundings, so not taken for it.
constexpr std::string_view activationKeys[] = {"silu", "swish", "gelu", "gelu_pytorch_tanh"};
constexpr Activation activations[] = {Activation::Silu, Activation::Silu, Activation::Gelu, Activation::GeluTanh};
constexpr std::string_view dtypes[] = {"float32", "bfloat16", "float16", "float64"};

Activation readActivation(ConfigReader &reader) {
  std::string key = reader.choice("hidden_act", "silu", activationKeys);
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
void readFp8(ConfigReader &section, DecoderConfig &config) {
  constexpr IntegerRange blockRange = {1, widthRange.max};
  std::vector<std::int64_t> block = section.nullableIntegers("weight_block_size", blockRange).value_or(std::vector<std::int64_t>{128, 128});
  if (block.size() == 2)
    config.fp8Block = {block[0], block[1]};
  else if (!section.hasProblems())
    section.problem("weight_block_size", "expected two numbers, of rows and of columns");
  section.supportOnly("fmt", "e4m3", "weights are read as f8_e4m3");
  // Of what is computed with such weights: here it is f32 or bf16, rather than activations rounded to FP8.
  for (std::string_view key : {"activation_scheme", "scale_fmt"})
    section.ignore(key);
}

/// How the weights are stored is read from the checkpoint; a config must not promise what cannot be read.
void readQuantization(ConfigReader &reader, DecoderConfig &config, bool mxfp4) {
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

} // namespace

void readCommon(ConfigReader &reader, DecoderConfig &config, const FamilyDefaults &defaults) {
  claimCommonKeys(reader);
  config.vocabSize = reader.requiredInteger("vocab_size", vocabRange);
  config.hiddenSize = reader.requiredInteger("hidden_size", widthRange);
  if (defaults.denseMlp)
    config.intermediateSize = reader.requiredInteger("intermediate_size", widthRange);
  config.numHiddenLayers = reader.requiredInteger("num_hidden_layers", layerCountRange);
  config.numAttentionHeads = reader.requiredInteger("num_attention_heads", headCountRange);
  config.maxPositionEmbeddings = reader.integer("max_position_embeddings", defaults.maxPositionEmbeddings, positionRange);
  config.hiddenAct = readActivation(reader);
  config.rmsNormEps = reader.number("rms_norm_eps", defaults.rmsNormEps, normEpsilonRange);
  config.tieWordEmbeddings = reader.boolean("tie_word_embeddings", false);
  config.rope = readRopeParameters(reader, defaults.rope, config.maxPositionEmbeddings);
  config.dtype = readDtype(reader);
  readQuantization(reader, config, defaults.mxfp4);
  std::vector<std::int64_t> eos;
  if (defaults.eosTokenId)
    eos.push_back(*defaults.eosTokenId);
  config.eosTokenIds = reader.integerOrList("eos_token_id", std::move(eos), tokenIdRange);
  config.layers.assign(static_cast<std::size_t>(config.numHiddenLayers), LayerConfig());
}

void readNullableKeyValueHeads(ConfigReader &reader, DecoderConfig &config, std::optional<std::int64_t> absent) {
  config.numKeyValueHeads = reader.nullableInteger("num_key_value_heads", absent, headCountRange).value_or(config.numAttentionHeads);
}

void readNullableHeadDim(ConfigReader &reader, DecoderConfig &config, std::optional<std::int64_t> absent) {
  config.headDim = reader.nullableInteger("head_dim", absent, headDimRange).value_or(hiddenSizePerHead(config));
}

std::int64_t hiddenSizePerHead(const DecoderConfig &config) { return config.hiddenSize / config.numAttentionHeads; }

bool readLayerTypeNames(ConfigReader &reader, DecoderConfig &config, AttentionKind other) {
  const std::string name = other == AttentionKind::Linear ? "linear_attention" : "sliding_attention";
  std::optional<std::vector<std::string>> types = reader.nullableStrings("layer_types");
  if (!types)
    return false;
  if (types->size() != config.layers.size()) {
    if (!reader.hasProblems())
      reader.problem("layer_types", "expected num_hidden_layers = " + std::to_string(config.layers.size()) + " entries, found " +
                                        std::to_string(types->size()));
  } else {
    for (std::size_t i = 0; i < types->size(); ++i) {
      const std::string &type = (*types)[i];
      if (type == name)
        config.layers[i].attention = other;
      else if (type != "full_attention")
        reader.problem("layer_types",
                       "entry " + std::to_string(i) + " is " + describeValue(type) + ", expected 'full_attention' or '" + name + "'");
    }
  }
  return true;
}

void setWindow(ConfigReader &reader, DecoderConfig &config, std::optional<std::int64_t> window, std::string_view why) {
  for (const LayerConfig &layer : config.layers)
    if (layer.attention == AttentionKind::Sliding)
      config.slidingWindow = window.value_or(0);
  // create_sliding_window_causal_mask in masking_utils.py fails without one.
  if (config.slidingWindow == 0)
    reader.problem("layer_types", "a layer slides, but there is no window: expected " + std::string(why));
}

void readLayerTypes(ConfigReader &reader, DecoderConfig &config) {
  bool useWindow = reader.boolean("use_sliding_window", false);
  std::optional<std::int64_t> window = reader.nullableInteger("sliding_window", 4096, {useWindow ? 1 : 0, positionRange.max});
  std::int64_t firstSliding = reader.integer("max_window_layers", 28, {});
  if (!useWindow)
    window = std::nullopt;
  if (!readLayerTypeNames(reader, config))
    for (std::int64_t i = firstSliding; window && i < config.numHiddenLayers; ++i)
      config.layers[static_cast<std::size_t>(i)].attention = AttentionKind::Sliding;
  setWindow(reader, config, window, "use_sliding_window = true and a sliding_window");
}

void slideAllLayers(DecoderConfig &config, std::optional<std::int64_t> window) {
  config.slidingWindow = window;
  for (LayerConfig &layer : config.layers)
    layer.attention = window ? AttentionKind::Sliding : AttentionKind::Full;
}

void readRouterLoss(ConfigReader &reader, MoeConfig &moe) {
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
