// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rotary position embeddings: what a config.json says of them, in all spellings, and their frequencies.
#include "veomni/ModelConfig/Rope.h"

#include "veomni/ModelConfig/ConfigReader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace veomni {

namespace {

constexpr std::array<std::string_view, 6> typeNames = {"default", "linear", "llama3", "yarn", "dynamic", "longrope"};
// Factors and bases beyond these are not meant, and their float32 powers and reciprocals would overflow.
constexpr NumberRange positive = {1e-12, 1e12};
constexpr NumberRange notNegative = {0, 1e12};

// "type" is the spelling of releases before 4.45.
RopeType readType(ConfigReader &section, bool hasAxes) {
  // "mrope" says how positions are made, and that the table is the default one; transformers replaces the word.
  std::vector<std::string_view> known(typeNames.begin(), typeNames.end());
  if (hasAxes)
    known.emplace_back("mrope");
  auto standard = [](const std::string &word) { return word == "mrope" ? std::string("default") : word; };
  std::string older = standard(section.choice("type", "default", known));
  std::string name = standard(section.choice("rope_type", older, known));
  if (name != older)
    section.refuseContradiction("type", "rope_type");
  return static_cast<RopeType>(std::find(typeNames.begin(), typeNames.end(), name) - typeNames.begin());
}

void readYarn(ConfigReader &section, RopeParameters &rope, std::int64_t maxPositionEmbeddings) {
  // _validate_yarn_rope_parameters wants the key; _compute_yarn_parameters lets it be null.
  if (section.isNull("factor")) {
    section.ignore("factor");
    rope.factor = static_cast<double>(maxPositionEmbeddings) / static_cast<double>(rope.originalMaxPositionEmbeddings);
  } else {
    rope.factor = section.requiredNumber("factor", positive).value_or(1);
  }
  rope.attentionFactor = section.nullableNumber("attention_factor", notNegative);
  rope.mscale = section.nullableNumber("mscale", notNegative);
  rope.mscaleAllDim = section.nullableNumber("mscale_all_dim", notNegative);
  // Python's `x or 32`: zero counts as absent.
  auto orDefault = [](std::optional<double> value, double otherwise) {
    return value && *value != 0 ? *value : otherwise;
  };
  rope.betaFast = orDefault(section.nullableNumber("beta_fast", notNegative), 32);
  rope.betaSlow = orDefault(section.nullableNumber("beta_slow", notNegative), 1);
  rope.truncate = section.boolean("truncate", true);
  if (rope.betaFast < rope.betaSlow)
    section.problem("beta_fast", "expected at least beta_slow");
  if (rope.theta <= 1)
    section.problem("rope_theta", "yarn needs a base greater than 1: it divides by its logarithm");
}

void readLlama3(ConfigReader &section, RopeParameters &rope) {
  rope.factor = section.requiredNumber("factor", positive).value_or(1);
  std::optional<double> low = section.requiredNumber("low_freq_factor", positive);
  std::optional<double> high = section.requiredNumber("high_freq_factor", positive);
  if (!low || !high)
    return;
  rope.lowFreqFactor = *low;
  rope.highFreqFactor = *high;
  if (*high <= *low)
    section.problem("high_freq_factor", "expected more than low_freq_factor");
}

/// A list of a divisor per frequency; how many there must be is known with the size of a head.
std::vector<double> readFactors(ConfigReader &section, std::string_view key) {
  std::optional<std::vector<double>> factors = section.requiredNumbers(key, positive);
  return factors.value_or(std::vector<double>());
}

void readLongRope(ConfigReader &section, RopeParameters &rope, std::int64_t maxPositionEmbeddings) {
  rope.shortFactor = readFactors(section, "short_factor");
  rope.longFactor = readFactors(section, "long_factor");
  const double grown =
      static_cast<double>(maxPositionEmbeddings) / static_cast<double>(rope.originalMaxPositionEmbeddings);
  rope.factor = section.nullableNumber("factor", positive).value_or(grown);
  rope.attentionFactor = section.nullableNumber("attention_factor", notNegative);
  if (rope.originalMaxPositionEmbeddings < 2 && rope.factor > 1 && !rope.attentionFactor)
    section.problem("original_max_position_embeddings", "expected more than 1: longrope divides by its logarithm");
}

double readPartialRotaryFactor(ConfigReader &reader, ConfigReader &section, std::optional<double> absent) {
  constexpr std::string_view key = "partial_rotary_factor";
  if (!absent) {
    // The default rope of the other families ignores the factor and the others fail on it (apply_rotary_pos_emb turns
    // the whole head).
    constexpr std::string_view why = "only heads that rotate as a whole";
    section.supportOnly(key, 1.0, why);
    reader.supportOnly(key, 1.0, why);
    return 1;
  }
  constexpr NumberRange part = {1e-6, 1};
  double outer = reader.number(key, *absent, part), factor = section.number(key, outer, part);
  // transformers writes the class's default at the top level, and takes what the section says.
  if (reader.has(key) && factor != outer && outer != *absent)
    reader.problem(key, "contradicts " + section.describe(key));
  return factor;
}

/// The two spellings of the section may lie beside each other if they say the same: transformers takes the older one.
void checkBothSections(ConfigReader &reader) {
  if (!reader.has("rope_scaling") || !reader.has("rope_parameters"))
    return;
  ConfigReader older = reader.section("rope_scaling"), newer = reader.section("rope_parameters");
  for (const std::string &key : older.keys()) {
    const std::string theirs = key == "type" && !newer.has(key) ? "rope_type" : key;
    std::string ours = older.describe(key), other = newer.describe(theirs);
    if (newer.has(theirs) && ours.substr(ours.find(" = ")) != other.substr(other.find(" = ")))
      older.problem(key, "contradicts " + other);
  }
}

} // namespace

ConfigReader ropeSection(ConfigReader &reader) {
  return reader.section(reader.has("rope_scaling") ? "rope_scaling" : "rope_parameters");
}

RopeParameters readRopeParameters(ConfigReader &reader, const RopeDefaults &defaults,
                                  std::int64_t maxPositionEmbeddings) {
  // convert_rope_params_to_dict: rope_scaling wins over rope_parameters, the dictionary's theta over the top level's. A
  // file that gives both and differs was edited by hand; guessing which one was meant is not our business.
  checkBothSections(reader);
  reader.ignore(reader.has("rope_scaling") ? "rope_parameters" : "rope_scaling");
  ConfigReader section = ropeSection(reader);
  for (std::string_view key : defaults.otherKeys)
    section.ignore(key);
  // Left in by those who trained with the authors' own code; transformers reads neither.
  for (std::string_view key : {"finetuned", "extrapolation_factor", "attn_factor"})
    section.ignore(key);

  // standardize_rope_params: the top level wins, and the context length stands in if neither names it.
  constexpr IntegerRange length = {1, std::int64_t{1} << 40};
  std::optional<std::int64_t> original;
  if (reader.has("original_max_position_embeddings"))
    original = reader.integer("original_max_position_embeddings", maxPositionEmbeddings, length);
  reader.ignore("original_max_position_embeddings");
  const double outer = reader.number("rope_theta", defaults.theta, positive);
  RopeParameters rope =
      readRopeSection(section, outer, maxPositionEmbeddings, original, /*hasAxes=*/!defaults.otherKeys.empty());
  if (reader.has("rope_theta") && rope.theta != outer && outer != defaults.theta)
    reader.problem("rope_theta", "contradicts " + section.describe("rope_theta"));
  rope.partialRotaryFactor = readPartialRotaryFactor(reader, section, defaults.partialRotaryFactor);
  section.refuseUnclaimed();
  return rope;
}

RopeParameters readRopeSection(ConfigReader &section, double theta, std::int64_t maxPositionEmbeddings,
                               std::optional<std::int64_t> originalMaxPositionEmbeddings, bool hasAxes) {
  RopeParameters rope;
  rope.type = readType(section, hasAxes);
  rope.theta = section.number("rope_theta", theta, positive);
  constexpr IntegerRange length = {1, std::int64_t{1} << 40};
  if (rope.type == RopeType::Llama3 || rope.type == RopeType::Yarn || rope.type == RopeType::LongRope) {
    std::int64_t inSection = section.integer("original_max_position_embeddings", maxPositionEmbeddings, length);
    rope.originalMaxPositionEmbeddings = originalMaxPositionEmbeddings.value_or(inSection);
  } else if (rope.type == RopeType::Dynamic) {
    // Its length is that of the model, whatever this says.
    rope.originalMaxPositionEmbeddings = maxPositionEmbeddings;
    section.ignore("original_max_position_embeddings");
  }

  if (rope.type == RopeType::Linear)
    rope.factor = section.requiredNumber("factor", positive).value_or(1);
  else if (rope.type == RopeType::Dynamic)
    rope.factor = section.requiredNumber("factor", {1, positive.max}).value_or(1);
  else if (rope.type == RopeType::Llama3)
    readLlama3(section, rope);
  else if (rope.type == RopeType::Yarn)
    readYarn(section, rope, maxPositionEmbeddings);
  else if (rope.type == RopeType::LongRope)
    readLongRope(section, rope, maxPositionEmbeddings);
  return rope;
}

namespace {

// `1.0 / (base ** (arange(0, dim, 2) / dim))`; torch computes `scalar / tensor` as the reciprocal times the scalar.
std::vector<float> powers(double theta, std::int64_t dim) {
  std::vector<float> result;
  for (std::int64_t i = 0; i < dim; i += 2)
    result.push_back(std::pow(static_cast<float>(theta), static_cast<float>(i) / static_cast<float>(dim)));
  return result;
}

std::vector<float> defaultFrequencies(double theta, std::int64_t dim) {
  std::vector<float> result = powers(theta, dim);
  for (float &value : result)
    value = 1.0f / value;
  return result;
}

// _compute_longrope_parameters
std::vector<float> dividedFrequencies(double theta, std::int64_t dim, const std::vector<double> &factors) {
  std::vector<float> result = powers(theta, dim);
  for (std::size_t i = 0; i < std::min(result.size(), factors.size()); ++i)
    result[i] = 1.0f / (static_cast<float>(factors[i]) * result[i]);
  return result;
}

// _compute_llama3_parameters
std::vector<float> llama3Frequencies(const RopeParameters &rope, std::int64_t dim) {
  const auto length = static_cast<double>(rope.originalMaxPositionEmbeddings);
  const auto longest = static_cast<float>(length / rope.lowFreqFactor);
  const auto shortest = static_cast<float>(length / rope.highFreqFactor);
  const auto factor = static_cast<float>(rope.factor);
  const auto low = static_cast<float>(rope.lowFreqFactor);
  const auto span = static_cast<float>(rope.highFreqFactor - rope.lowFreqFactor);
  std::vector<float> result = defaultFrequencies(rope.theta, dim);
  for (float &frequency : result) {
    float wavelength = (1.0f / frequency) * static_cast<float>(2 * std::numbers::pi);
    if (wavelength > longest) {
      frequency = frequency / factor;
    } else if (wavelength >= shortest) {
      float smooth = ((1.0f / wavelength) * static_cast<float>(length) - low) / span;
      float scaled = (1.0f - smooth) * frequency / factor;
      frequency = scaled + smooth * frequency;
    }
  }
  return result;
}

// _compute_yarn_parameters
std::vector<float> yarnFrequencies(const RopeParameters &rope, std::int64_t dim) {
  const auto length = static_cast<double>(rope.originalMaxPositionEmbeddings);
  auto correctionDim = [&](double rotations) {
    return (static_cast<double>(dim) * std::log(length / (rotations * 2 * std::numbers::pi))) /
           (2 * std::log(rope.theta));
  };
  double low = correctionDim(rope.betaFast);
  double high = correctionDim(rope.betaSlow);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(dim - 1));
  if (low == high)
    high += 0.001; // as upstream, against a division by zero

  std::vector<float> result = powers(rope.theta, dim);
  for (std::size_t i = 0; i < result.size(); ++i) {
    float extrapolation = 1.0f / result[i];
    float interpolation = 1.0f / (static_cast<float>(rope.factor) * result[i]);
    float ramp =
        std::clamp((static_cast<float>(i) - static_cast<float>(low)) / static_cast<float>(high - low), 0.0f, 1.0f);
    float kept = 1.0f - ramp;
    float interpolated = interpolation * (1.0f - kept);
    result[i] = interpolated + extrapolation * kept;
  }
  return result;
}

} // namespace

std::vector<float> longInverseFrequencies(const RopeParameters &rope, std::int64_t headDim) {
  auto dim = static_cast<std::int64_t>(static_cast<double>(headDim) * rope.partialRotaryFactor);
  return dividedFrequencies(rope.theta, dim, rope.longFactor);
}

std::vector<float> inverseFrequencies(const RopeParameters &rope, std::int64_t headDim) {
  auto dim = static_cast<std::int64_t>(static_cast<double>(headDim) * rope.partialRotaryFactor);
  switch (rope.type) {
  case RopeType::Default:
  case RopeType::Dynamic: // until the run reaches beyond its length
    return defaultFrequencies(rope.theta, dim);
  case RopeType::LongRope:
    return dividedFrequencies(rope.theta, dim, rope.shortFactor);
  case RopeType::Linear: {
    std::vector<float> result = defaultFrequencies(rope.theta, dim);
    for (float &frequency : result)
      frequency /= static_cast<float>(rope.factor);
    return result;
  }
  case RopeType::Llama3:
    return llama3Frequencies(rope, dim);
  case RopeType::Yarn:
    return yarnFrequencies(rope, dim);
  }
  return {};
}

// yarn_get_mscale
static double yarnScale(const RopeParameters &rope, double mscale) {
  return rope.factor <= 1 ? 1.0 : 0.1 * mscale * std::log(rope.factor) + 1.0;
}

float attentionScaling(const RopeParameters &rope) {
  if (rope.type == RopeType::LongRope) {
    const double length = static_cast<double>(rope.originalMaxPositionEmbeddings);
    const double computed = rope.factor <= 1 ? 1 : std::sqrt(1 + std::log(rope.factor) / std::log(length));
    return static_cast<float>(rope.attentionFactor.value_or(computed));
  }
  if (rope.type != RopeType::Yarn)
    return 1.0f;
  if (rope.attentionFactor)
    return static_cast<float>(*rope.attentionFactor);
  if (rope.mscale.value_or(0) != 0 && rope.mscaleAllDim.value_or(0) != 0)
    return static_cast<float>(yarnScale(rope, *rope.mscale) / yarnScale(rope, *rope.mscaleAllDim));
  return static_cast<float>(yarnScale(rope, 1));
}

// DeepseekV3Attention.__init__
double scoreScaling(const RopeParameters &rope) {
  double mscale = rope.mscaleAllDim.value_or(0) == 0 ? 1.0 : yarnScale(rope, *rope.mscaleAllDim);
  return mscale * mscale;
}

} // namespace veomni
