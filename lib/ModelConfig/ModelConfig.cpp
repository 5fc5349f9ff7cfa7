// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The families, by model_type: each reads its own keys; what holds for any model is checked here.
#include "veomni/ModelConfig/ModelConfig.h"

#include "Families/Common.h"
#include "IgnoredKeys.h"

#include "veomni/runtime/NearestName.h"

#include <algorithm>

namespace veomni {

namespace {

struct Family {
  std::string_view modelType;
  /// Begins the names of the family's classes.
  std::string_view prefix;
  void (*read)(ConfigReader &, ModelConfig &);
};

constexpr Family families[] = {
    {"deepseek_v3", "DeepseekV3", readDeepseekV3},
    {"gemma3_text", "Gemma3", readGemma3Text},
    {"glm_moe_dsa", "GlmMoeDsa", readGlmMoeDsa},
    {"gpt_oss", "GptOss", readGptOss},
    {"granite", "Granite", readGranite},
    {"kimi_k2", "DeepseekV3", readDeepseekV3}, // DeepSeek-V3 under its authors' name
    {"llama", "Llama", readLlama},
    {"mistral", "Mistral", readMistral},
    {"mixtral", "Mixtral", readMixtral},
    {"olmo2", "Olmo2", readOlmo2},
    {"qwen2", "Qwen2", readQwen2},
    {"qwen2_5_vl_text", "Qwen2_5_VL", readQwen2VlText},
    {"qwen2_moe", "Qwen2Moe", readQwen2Moe},
    {"qwen2_vl_text", "Qwen2VL", readQwen2VlText},
    {"qwen3", "Qwen3", readQwen3},
    {"qwen3_5_moe_text", "Qwen3_5Moe", readQwen35MoeText},
    {"qwen3_5_text", "Qwen3_5", readQwen35Text},
    {"qwen3_moe", "Qwen3Moe", readQwen3Moe},
    {"qwen3_vl_moe_text", "Qwen3VLMoe", readQwen3VlMoeText},
    {"qwen3_vl_text", "Qwen3VL", readQwen3VlText},
    {"seed_oss", "SeedOss", readSeedOss},
};

/// A model of several parts, of which the text model is compiled.
struct Composite {
  std::string_view modelType, textType;
};

constexpr Composite composites[] = {
    {"gemma3", "gemma3_text"},
    {"qwen2_5_vl", "qwen2_5_vl_text"},
    {"qwen2_vl", "qwen2_vl_text"},
    {"qwen3_5", "qwen3_5_text"},
    {"qwen3_5_moe", "qwen3_5_moe_text"},
    {"qwen3_vl", "qwen3_vl_text"},
    {"qwen3_vl_moe", "qwen3_vl_moe_text"},
};

/// What the class of a family is called that has this head.
struct Task {
  std::string_view suffix;
  HeadKind head;
};

constexpr Task tasks[] = {
    {"ForCausalLM", HeadKind::LanguageModel},
    {"ForConditionalGeneration", HeadKind::LanguageModel},
    {"Model", HeadKind::None},
    {"TextModel", HeadKind::None},
    {"ForTokenClassification", HeadKind::TokenScores},
    {"ForSequenceClassification", HeadKind::TextScores},
};

std::string join(std::string_view prefix, std::string_view suffix) { return std::string(prefix) + std::string(suffix); }

void refuseUnknown(ConfigReader &reader, std::string_view key, const std::string &found,
                   const std::vector<std::string> &known) {
  std::string text = "not supported, expected one of";
  for (const std::string &name : known)
    text += (&name == &known.front() ? " '" : ", '") + name + "'";
  if (found.size() <= 128)
    if (std::string nearest = nearestName(found, known); !nearest.empty())
      text += " (nearest: '" + nearest + "')";
  reader.problem(key, text);
}

const Composite *findComposite(std::string_view modelType) {
  const auto *found = std::ranges::find(composites, modelType, &Composite::modelType);
  return found == std::end(composites) ? nullptr : found;
}

const Family *findFamily(ConfigReader &reader) {
  std::optional<std::string> modelType = reader.requiredString("model_type");
  if (!modelType)
    return nullptr;
  const Composite *composite = findComposite(*modelType);
  const auto *family = std::ranges::find(families, composite ? composite->textType : *modelType, &Family::modelType);
  if (family != std::end(families))
    return family;
  std::vector<std::string> known;
  for (const Family &any : families)
    known.emplace_back(any.modelType);
  for (const Composite &any : composites)
    known.emplace_back(any.modelType);
  std::ranges::sort(known);
  refuseUnknown(reader, "model_type", *modelType, known);
  return nullptr;
}

std::optional<Task> taskOf(const Family &family, std::string_view architecture) {
  if (!architecture.starts_with(family.prefix))
    return std::nullopt;
  const auto *task = std::ranges::find(tasks, architecture.substr(family.prefix.size()), &Task::suffix);
  return task == std::end(tasks) ? std::nullopt : std::optional(*task);
}

/// Auto classes in transformers go by model_type alone; what else the file names says which head it was saved with. A
/// class of another family was saved from another model.
void readArchitecture(ConfigReader &reader, const Family &family, ModelConfig &config) {
  std::optional<std::vector<std::string>> found = reader.nullableStrings("architectures");
  config.classPrefix = family.prefix;
  config.architecture = join(family.prefix, tasks[0].suffix);
  if (!found || found->empty())
    return;
  for (const std::string &name : *found)
    if (std::optional<Task> task = taskOf(family, name)) {
      config.architecture = name;
      config.text.head.kind = task->head;
      return;
    }
  const std::string &first = found->front();
  if (std::ranges::any_of(families, [&](const Family &any) { return taskOf(any, first).has_value(); }))
    return reader.problem("architectures", "contradicts model_type '" + std::string(family.modelType) +
                                               "', expected '" + config.architecture + "'");
  std::vector<std::string> known;
  for (const Task &task : tasks)
    known.push_back(join(family.prefix, task.suffix));
  refuseUnknown(reader, "architectures", first, known);
}

/// Labels have names, or a number of them is given; without either there are two, as in transformers.
void readLabels(ConfigReader &reader, HeadConfig &head) {
  if (head.kind != HeadKind::TokenScores && head.kind != HeadKind::TextScores)
    return;
  constexpr IntegerRange labelRange = {1, std::int64_t{1} << 20};
  const std::int64_t named = static_cast<std::int64_t>(reader.section("id2label").keys().size());
  head.numLabels = named > 0 ? named : reader.integer("num_labels", 2, labelRange);
  head.padTokenId = reader.nullableInteger("pad_token_id", std::nullopt, {-1, tokenIdRange.max});
}

/// What lies beside the text model of a composite config. Towers are left out; what they make is an input, if it is
/// asked for, and else the places of their tokens in a text are ordinary tokens.
void readOtherParts(ConfigReader &reader, ModelConfig &config) {
  for (std::string_view key : {"vision_config", "audio_config", "thinker_config", "talker_config"})
    if (reader.has(key))
      config.otherParts.emplace_back(key);
  config.vision.imageToken = reader.nullableInteger("image_token_id", std::nullopt, tokenIdRange);
  config.vision.videoToken = reader.nullableInteger("video_token_id", std::nullopt, tokenIdRange);
  if (reader.has("vision_config")) {
    ConfigReader vision = reader.section("vision_config");
    if (auto layers = vision.nullableIntegers("deepstack_visual_indexes", {0, 1 << 20}))
      config.vision.deepstackLayers = static_cast<std::int64_t>(layers->size());
  }
  for (std::string_view key : {"vision_config", "audio_config", "image_token_index", "video_token_index",
                               "vision_start_token_id", "vision_end_token_id", "vision_token_id", "audio_token_id",
                               "boi_token_index", "eoi_token_index", "mm_tokens_per_image"})
    reader.ignore(key);
}

// Rules of rope that need the size of a head.
void checkRope(ConfigReader &reader, const RopeParameters &rope, std::int64_t headDim) {
  const std::size_t frequencies = inverseFrequencies(rope, headDim).size();
  if (rope.type == RopeType::LongRope)
    for (const auto &[key, factors] : {std::pair("short_factor", &rope.shortFactor), {"long_factor", &rope.longFactor}})
      if (factors->size() != frequencies)
        reader.problem(std::string("'rope_parameters.") + key + "' has " + std::to_string(factors->size()) +
                       " numbers, expected one for each of the " + std::to_string(frequencies) + " frequencies");
  if (rope.type == RopeType::Dynamic && frequencies < 2)
    reader.problem("rope of type 'dynamic' needs heads of at least two frequencies");
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
  checkRope(reader, text.rope.parameters, text.attention.headDim);
  if (text.rope.sliding)
    checkRope(reader, *text.rope.sliding, text.attention.headDim);
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

/// The text model in `part`, and what the config around it says of it: how weights are stored, and what the text model
/// does not say itself.
void readTextPart(ConfigReader &reader, ConfigReader &part, ModelConfig &config, const Family &family) {
  const std::string_view expected[] = {family.modelType, config.modelType};
  part.choice("model_type", family.modelType, expected);
  part.ignore("architectures");
  family.read(part, config);
  claimAbsentFeatures(part);
  for (ConfigReader *each : {&part, &reader})
    claimRopeLayout(*each, config.text);
  if (!reader.hasProblems())
    checkTogether(part, config.text);
  readAroundText(reader, part, config);
}

Expected<nlohmann::json> parseObject(std::string_view text, std::string_view fileName) {
  Expected<nlohmann::json> json = parseJson(text, fileName, RepeatedKeys::MayRepeatValue);
  if (json && !json->is_object())
    return Status::error(std::string(fileName) + ": expected an object, found " + json->type_name());
  return json;
}

} // namespace

Expected<ModelConfig> parseModelConfig(std::string_view text, std::string_view fileName,
                                       std::span<const std::string> ignoredKeys) {
  Expected<nlohmann::json> json = parseObject(text, fileName);
  if (!json)
    return json.status();
  ProblemList problems{std::string(fileName)};
  IgnoredConfigKeys ignored{ignoredKeys, {}};
  ConfigReader reader(*json, problems, "", &ignored);
  ModelConfig config;
  const Family *family = findFamily(reader);
  if (!family)
    return problems.status();
  config.modelType = *reader.requiredString("model_type");
  readArchitecture(reader, *family, config);
  readLabels(reader, config.text.head);
  const bool isComposite = findComposite(config.modelType);
  if (isComposite)
    readOtherParts(reader, config);
  if (isComposite && reader.has("text_config")) {
    claimCommonKeys(reader);
    ConfigReader part = reader.section("text_config");
    readTextPart(reader, part, config, *family);
    part.refuseUnclaimed();
  } else {
    family->read(reader, config);
    claimAbsentFeatures(reader);
    claimRopeLayout(reader, config.text);
    if (!reader.hasProblems())
      checkTogether(reader, config.text);
  }
  reader.refuseUnclaimed();
  if (!problems.empty())
    return problems.status();
  config.ignoredKeys = std::move(ignored.met);
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
