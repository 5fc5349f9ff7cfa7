// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The families, by model_type: each reads its own keys; what holds for any model is checked here.
#include "veomni/ModelConfig/ModelConfig.h"

#include "Families/Common.h"

#include "veomni/runtime/NearestName.h"

#include <algorithm>

namespace veomni {

namespace {

struct Family {
  std::string_view modelType;
  std::string_view architecture;
  void (*read)(ConfigReader &, ModelConfig &);
};

constexpr Family families[] = {
    {"deepseek_v3", "DeepseekV3ForCausalLM", readDeepseekV3},
    {"glm_moe_dsa", "GlmMoeDsaForCausalLM", readGlmMoeDsa},
    {"gpt_oss", "GptOssForCausalLM", readGptOss},
    {"llama", "LlamaForCausalLM", readLlama},
    {"mixtral", "MixtralForCausalLM", readMixtral},
    {"qwen2", "Qwen2ForCausalLM", readQwen2},
    {"qwen3", "Qwen3ForCausalLM", readQwen3},
    {"qwen3_5_moe_text", "Qwen3_5MoeForCausalLM", readQwen35MoeText},
    {"qwen3_5_text", "Qwen3_5ForCausalLM", readQwen35Text},
    {"qwen3_moe", "Qwen3MoeForCausalLM", readQwen3Moe},
    {"seed_oss", "SeedOssForCausalLM", readSeedOss},
};

void refuseUnknown(ConfigReader &reader, std::string_view key, const std::string &found,
                   std::string_view Family::*field) {
  std::string text = "not supported, expected one of";
  std::vector<std::string> known;
  for (const Family &family : families) {
    text += (known.empty() ? " '" : ", '") + std::string(family.*field) + "'";
    known.emplace_back(family.*field);
  }
  if (found.size() <= 128)
    if (std::string nearest = nearestName(found, known); !nearest.empty())
      text += " (nearest: '" + nearest + "')";
  reader.problem(key, text);
}

const Family *findFamily(ConfigReader &reader) {
  std::optional<std::string> modelType = reader.requiredString("model_type");
  if (!modelType)
    return nullptr;
  for (const Family &family : families)
    if (family.modelType == modelType)
      return &family;
  refuseUnknown(reader, "model_type", *modelType, &Family::modelType);
  return nullptr;
}

// Auto classes in transformers go by model_type alone; a file that names another class was saved from another model.
void checkArchitecture(ConfigReader &reader, const Family &family) {
  std::optional<std::vector<std::string>> found = reader.nullableStrings("architectures");
  if (!found)
    return;
  if (found->size() != 1)
    reader.problem("architectures", "expected exactly one");
  else if (std::none_of(std::begin(families), std::end(families),
                        [&](const Family &any) { return any.architecture == found->front(); }))
    refuseUnknown(reader, "architectures", found->front(), &Family::architecture);
  else if (found->front() != family.architecture)
    reader.problem("architectures", "contradicts model_type '" + std::string(family.modelType) + "', expected '" +
                                        std::string(family.architecture) + "'");
}

// Rules over several keys; only meaningful once each of them is valid.
void checkTogether(ConfigReader &reader, const TextConfig &text) {
  if (text.attention.numHeads % text.attention.numKeyValueHeads != 0)
    reader.problem("num_attention_heads",
                   "expected a multiple of num_key_value_heads = " + std::to_string(text.attention.numKeyValueHeads));
  if (text.attention.headDim < headDimRange.min || text.attention.headDim > headDimRange.max ||
      text.attention.headDim % 2 != 0)
    reader.problem("head_dim", "expected an even number in [" + std::to_string(headDimRange.min) + ", " +
                                   std::to_string(headDimRange.max) + "], since rope turns halves, found " +
                                   std::to_string(text.attention.headDim));
  if (auto turning = static_cast<std::int64_t>(static_cast<double>(text.attention.headDim) *
                                               text.rope.parameters.partialRotaryFactor);
      turning < 2 || turning % 2 != 0)
    reader.problem("partial_rotary_factor", "expected an even number of columns of a head to turn, found " +
                                                std::to_string(turning) + " of " +
                                                std::to_string(text.attention.headDim));
  if (!text.experts)
    return;
  if (text.experts->count < 1)
    reader.problem("num_local_experts", "expected at least 1");
  if (text.experts->count * text.numLayers() > maxExpertsOfAllLayers)
    reader.problem("num_local_experts",
                   "expected at most " + std::to_string(maxExpertsOfAllLayers) + " in all layers together");
  if (text.experts->perToken < 1 || text.experts->perToken > text.experts->count)
    reader.problem("num_experts_per_tok",
                   "expected 1 to the number of experts, which is " + std::to_string(text.experts->count));
}

Expected<nlohmann::json> parseObject(std::string_view text, std::string_view fileName) {
  Expected<nlohmann::json> json = parseJson(text, fileName);
  if (json && !json->is_object())
    return Status::error(std::string(fileName) + ": expected an object, found " + json->type_name());
  return json;
}

} // namespace

Expected<ModelConfig> parseModelConfig(std::string_view text, std::string_view fileName,
                                       std::span<const std::string> allowedKeys) {
  Expected<nlohmann::json> json = parseObject(text, fileName);
  if (!json)
    return json.status();
  ProblemList problems{std::string(fileName)};
  ConfigReader reader(*json, problems);
  ModelConfig config;
  const Family *family = findFamily(reader);
  if (!family)
    return problems.status();
  config.modelType = family->modelType;
  config.architecture = family->architecture;
  checkArchitecture(reader, *family);
  family->read(reader, config);
  if (!reader.hasProblems())
    checkTogether(reader, config.text);
  for (const std::string &key : allowedKeys)
    reader.ignore(key);
  reader.refuseUnclaimed();
  if (!problems.empty())
    return problems.status();
  return config;
}

Status applyGenerationConfig(ModelConfig &config, std::string_view text, std::string_view fileName) {
  Expected<nlohmann::json> json = parseObject(text, fileName);
  if (!json)
    return json.status();
  ProblemList problems{std::string(fileName)};
  ConfigReader reader(*json, problems);
  if (reader.has("eos_token_id"))
    config.eosTokenIds = reader.integerOrList("eos_token_id", {}, tokenIdRange);
  return problems.status();
}

std::string_view activationName(Activation activation) {
  switch (activation) {
  case Activation::Silu:
    return "silu";
  case Activation::Gelu:
    return "gelu";
  case Activation::GeluTanh:
    return "gelu_tanh";
  }
  return "";
}

} // namespace veomni
