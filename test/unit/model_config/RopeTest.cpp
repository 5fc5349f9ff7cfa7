// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Frequencies of rotary embeddings against those that transformers computed.
#include "Fixtures.h"

#include "veomni/runtime/Checkpoint.h"

#include <cmath>

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

// Compares cos and sin of position * frequency with tables that transformers computed.
void compareTables(const ModelConfig &config, const json &positions, const json &cosines, const json &sines,
                   const std::string &name) {
  std::vector<float> frequencies = inverseFrequencies(config.text.rope.parameters, config.text.attention.headDim);
  const float scale = attentionScaling(config.text.rope.parameters);
  for (std::size_t p = 0; p < positions.size(); ++p) {
    ASSERT_EQ(frequencies.size(), cosines[p].size()) << name;
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      float angle = frequencies[i] * positions[p].get<float>();
      EXPECT_NEAR(std::cos(angle) * scale, cosines[p][i].get<float>(), 1e-6)
          << name << " position " << positions[p] << " frequency " << i;
      EXPECT_NEAR(std::sin(angle) * scale, sines[p][i].get<float>(), 1e-6)
          << name << " position " << positions[p] << " frequency " << i;
    }
  }
}

template <typename T> std::span<const T> values(const Checkpoint &file, std::string_view name) {
  const TensorInfo *tensor = file.find(name);
  EXPECT_TRUE(tensor) << name;
  if (!tensor)
    return {};
  // The writer aligned the data.
  return {reinterpret_cast<const T *>(file.data(*tensor).data()), tensor->size / sizeof(T)};
}

/// Compares the table of a golden with what the parameters make of its positions.
void checkTable(const Checkpoint &golden, const std::string &suffix, const RopeParameters &rope,
                const RopeConfig &config, std::int64_t headDim) {
  const auto cosines = values<float>(golden, "aux.rope_cos" + suffix),
             sines = values<float>(golden, "aux.rope_sin" + suffix);
  // What a vision tower's tokens have is an input.
  const std::string name = golden.find("aux.position_ids") ? "aux.position_ids" : "input.position_ids";
  const auto positions = values<std::int64_t>(golden, name);
  const bool hasAxes = golden.find(name)->shape.size() == 3;
  const std::size_t tokens = positions.size() / (hasAxes ? 3 : 1);
  // A table for each of the three axes, or one where each frequency turns by one of them.
  const bool isPerAxis = golden.find("aux.rope_cos" + suffix)->shape.size() == 4;
  std::vector<float> frequencies = inverseFrequencies(rope, headDim);
  const float scale = attentionScaling(rope);
  // Once, or each frequency twice: both halves of a head turn by it.
  const std::size_t width = cosines.size() / (isPerAxis ? positions.size() : tokens);
  ASSERT_EQ(cosines.size(), (isPerAxis ? positions.size() : tokens) * width) << golden.path();
  ASSERT_TRUE(width == frequencies.size() || width == 2 * frequencies.size()) << golden.path();
  for (std::size_t i = 0; i < cosines.size(); ++i) {
    const std::size_t frequency = i % width % frequencies.size();
    const std::size_t axis = hasAxes && !isPerAxis ? std::size_t(config.positionAxes.at(frequency)) : 0;
    float angle = frequencies[frequency] * static_cast<float>(positions[axis * tokens + i / width]);
    EXPECT_NEAR(std::cos(angle) * scale, cosines[i], 1e-6) << golden.path() << " element " << i;
    EXPECT_NEAR(std::sin(angle) * scale, sines[i], 1e-6) << golden.path() << " element " << i;
  }
}

TEST(Rope, TablesOfTheReferenceModels) {
  for (std::string_view name : cases) {
    if (name.ends_with("_packed"))
      continue; // their references have no tables
    Expected<Checkpoint> golden =
        Checkpoint::open(VEOMNI_FIXTURES "/goldens/" + std::string(name) + "/golden.safetensors");
    ASSERT_TRUE(golden) << golden.status().message();
    ModelConfig config = parsed(readConfig(name));
    const RopeConfig &rope = config.text.rope;
    if (rope.sliding) {
      checkTable(*golden, ".full_attention", rope.parameters, rope, config.text.attention.headDim);
      checkTable(*golden, ".sliding_attention", *rope.sliding, rope, config.text.attention.headDim);
    } else {
      checkTable(*golden, "", rope.parameters, rope, config.text.attention.headDim);
    }
  }
}

TEST(Rope, FrequenciesOfSeveralAxes) {
  using Axes = std::vector<std::int64_t>;
  EXPECT_EQ(parsed(readConfig("qwen2_vl")).text.rope.positionAxes, (Axes{0, 0, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(parsed(readConfig("qwen3_vl")).text.rope.positionAxes, (Axes{0, 1, 2, 0, 1, 2, 0, 1, 0, 0}));
  EXPECT_EQ(parsed(readConfig("llama")).text.rope.positionAxes, Axes{});
}

TEST(Rope, EveryKindAgreesWithTransformers) {
  json reference = json::parse(readFixture("rope/reference.json"));
  for (const json &entry : reference["cases"]) {
    std::string name = entry["config"]["rope_parameters"].dump();
    ModelConfig config = parsed(entry["config"]);
    EXPECT_EQ(attentionScaling(config.text.rope.parameters), entry["attention_scaling"].get<float>()) << name;
    std::vector<float> frequencies = inverseFrequencies(config.text.rope.parameters, config.text.attention.headDim);
    ASSERT_EQ(frequencies.size(), entry["inv_freq"].size()) << name;
    // Equal but for the last place of pow: torch's vector library errs by up to 1 ulp, and llama3's blend of two
    // frequencies magnifies it.
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      float expected = entry["inv_freq"][i].get<float>();
      EXPECT_NEAR(frequencies[i], expected, 1e-6f * expected) << name << " frequency " << i;
    }
    compareTables(config, reference["positions"], entry["cos"], entry["sin"], name);
  }
}

json withRope(json rope) {
  json config = readConfig("llama_tied");
  config.erase("rope_parameters");
  config.update(rope);
  return config;
}

TEST(Rope, SpellingsAreEqual) {
  RopeParameters expected;
  expected.type = RopeType::Linear;
  expected.theta = 500;
  expected.factor = 2;
  const json spellings[] = {
      {{"rope_parameters", {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 500}}}},
      {{"rope_parameters", {{"type", "linear"}, {"factor", 2}}}, {"rope_theta", 500.0}},
      {{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}, {"rope_theta", 500}},
      {{"rope_scaling", {{"rope_type", "linear"}, {"type", "linear"}, {"factor", 2}}},
       {"rope_theta", 500},
       {"rope_parameters", nullptr}},
      {{"rope_scaling", {{"rope_type", "linear"}, {"factor", 2}, {"partial_rotary_factor", 1}, {"rope_theta", 500}}},
       {"rope_theta", 500}},
  };
  for (const json &spelling : spellings)
    EXPECT_EQ(parsed(withRope(spelling)).text.rope.parameters, expected) << spelling;
  EXPECT_EQ(parsed(withRope({{"rope_scaling", nullptr}})).text.rope.parameters, RopeParameters());
  EXPECT_EQ(parsed(withRope(json::object())).text.rope.parameters, RopeParameters());
}

TEST(Rope, OriginalLengthComesFromTheTopLevelFirst) {
  json yarn = {{"rope_type", "yarn"}, {"factor", 2.0}};
  EXPECT_EQ(parsed(withRope({{"rope_parameters", yarn}})).text.rope.parameters.originalMaxPositionEmbeddings, 256);
  yarn["original_max_position_embeddings"] = 64;
  EXPECT_EQ(parsed(withRope({{"rope_parameters", yarn}})).text.rope.parameters.originalMaxPositionEmbeddings, 64);
  EXPECT_EQ(parsed(withRope({{"rope_parameters", yarn}, {"original_max_position_embeddings", 32}}))
                .text.rope.parameters.originalMaxPositionEmbeddings,
            32);
}

TEST(Rope, OneSettingInTwoPlacesMustAgree) {
  // The class's default at the top level is what transformers writes, and the section decides.
  EXPECT_EQ(parsed(withRope({{"rope_theta", 10000.0}, {"rope_parameters", {{"rope_theta", 500}}}}))
                .text.rope.parameters.theta,
            500);
  EXPECT_EQ(parsed(withRope({{"rope_scaling", {{"type", "linear"}, {"factor", 2}}},
                             {"rope_parameters", {{"rope_type", "linear"}, {"factor", 2}}}}))
                .text.rope.parameters.factor,
            2);
  EXPECT_EQ(errorOf(withRope({{"rope_scaling", {{"type", "linear"}, {"factor", 2}}},
                              {"rope_parameters", {{"rope_type", "linear"}, {"factor", 3}}}})),
            "config.json: 'rope_scaling.factor' = 2: contradicts 'rope_parameters.factor' = 3");
  json config = readConfig("qwen3_5_text");
  config["partial_rotary_factor"] = 0.25;
  config["rope_parameters"]["partial_rotary_factor"] = 0.5;
  config["rope_parameters"].erase("mrope_section");
  EXPECT_EQ(parsed(config).text.rope.parameters.partialRotaryFactor, 0.5);
  config["partial_rotary_factor"] = 0.75;
  EXPECT_NE(
      errorOf(config).find("'partial_rotary_factor' = 0.75: contradicts 'rope_parameters.partial_rotary_factor' = 0.5"),
      std::string::npos);
}

TEST(Rope, LongRopeDividesEachFrequency) {
  json rope = {{"type", "longrope"},
               {"short_factor", json::array()},
               {"long_factor", json::array()},
               {"original_max_position_embeddings", 64}};
  for (int i = 0; i < 10; ++i) {
    rope["short_factor"].push_back(1 + i);
    rope["long_factor"].push_back(2 + i);
  }
  RopeParameters found = parsed(withRope({{"rope_scaling", rope}})).text.rope.parameters;
  EXPECT_EQ(found.type, RopeType::LongRope);
  EXPECT_EQ(found.factor, 4) << "max_position_embeddings / original_max_position_embeddings";
  EXPECT_NEAR(inverseFrequencies(found, 20)[1], std::pow(10000.0, -0.1) / 2, 1e-7);
  EXPECT_NEAR(longInverseFrequencies(found, 20)[1], std::pow(10000.0, -0.1) / 3, 1e-7);
  EXPECT_NEAR(attentionScaling(found), std::sqrt(1 + std::log(4.0) / std::log(64.0)), 1e-6);
  rope["long_factor"].push_back(2);
  EXPECT_EQ(errorOf(withRope({{"rope_scaling", rope}})),
            "config.json: 'rope_parameters.long_factor' has 11 numbers, expected one for each of the 10 frequencies");
  rope["long_factor"] = {1, "x"};
  EXPECT_NE(
      errorOf(withRope({{"rope_scaling", rope}})).find("'rope_scaling.long_factor' = [1,\"x\"]: expected a list, each"),
      std::string::npos);
}

TEST(Rope, LongRopeNeedsALogarithm) {
  json rope = {{"type", "longrope"},
               {"short_factor", std::vector(10, 1.0)},
               {"long_factor", std::vector(10, 2.0)},
               {"original_max_position_embeddings", 1}};
  EXPECT_EQ(errorOf(withRope({{"rope_scaling", rope}})),
            "config.json: 'rope_scaling.original_max_position_embeddings' = 1: expected more than 1: longrope divides "
            "by its logarithm");
  rope["attention_factor"] = 1.5;
  EXPECT_EQ(attentionScaling(parsed(withRope({{"rope_scaling", rope}})).text.rope.parameters), 1.5F);
}

TEST(Rope, YarnOfALengthThatNoFrequencyTurns) {
  // Both ends of the ramp are 0, and nothing is divided by their difference.
  json yarn = {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 6}};
  std::vector<float> found = inverseFrequencies(parsed(withRope({{"rope_parameters", yarn}})).text.rope.parameters, 20);
  EXPECT_EQ(found[0], 1);
  for (std::size_t i = 1; i < found.size(); ++i)
    EXPECT_FLOAT_EQ(found[i], float(std::pow(10000.0, -0.1 * double(i)) / 4));
}

TEST(Rope, AxesOfPositionsHaveAWordOfTheirOwn) {
  json config = readConfig("qwen3_5_text");
  const ModelConfig expected = parsed(config);
  config["rope_parameters"]["rope_type"] = "mrope";
  EXPECT_TRUE(parsed(config).text == expected.text);
  EXPECT_NE(errorOf(withRope({{"rope_scaling", {{"type", "mrope"}}}})).find("'rope_scaling.type' = \"mrope\": not"),
            std::string::npos);
}

TEST(Rope, DynamicGrowsBeyondTheModelsLength) {
  RopeParameters found =
      parsed(withRope({{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}})).text.rope.parameters;
  EXPECT_EQ(found.type, RopeType::Dynamic);
  EXPECT_EQ(found.originalMaxPositionEmbeddings, 256);
  EXPECT_EQ(inverseFrequencies(found, 20), inverseFrequencies(RopeParameters(), 20));
  EXPECT_NE(
      errorOf(withRope({{"rope_scaling", {{"type", "dynamic"}, {"factor", 0.5}}}})).find("expected a number in [1, "),
      std::string::npos);
}

TEST(Rope, YarnFactorMayBeNullButNotAbsent) {
  json yarn = {{"rope_type", "yarn"}, {"factor", nullptr}, {"original_max_position_embeddings", 64}};
  EXPECT_EQ(parsed(withRope({{"rope_parameters", yarn}})).text.rope.parameters.factor, 4);
  yarn.erase("factor");
  EXPECT_NE(errorOf(withRope({{"rope_parameters", yarn}})).find("missing config key 'rope_parameters.factor'"),
            std::string::npos);
}

TEST(Rope, RefusesWhatItCannotHonour) {
  auto errorWith = [](json rope) { return errorOf(withRope({{"rope_scaling", std::move(rope)}})); };
  EXPECT_EQ(errorWith({{"rope_type", "ntk"}}),
            "config.json: 'rope_scaling.rope_type' = \"ntk\": not supported, expected one of 'default', 'linear', "
            "'llama3', 'yarn', 'dynamic', 'longrope'");
  EXPECT_EQ(errorWith({{"type", "linear"}, {"rope_type", "default"}}),
            "config.json: 'rope_scaling.type' = \"linear\": contradicts 'rope_scaling.rope_type' = \"default\"");
  EXPECT_EQ(errorWith({{"type", "linear"}}),
            "config.json: missing config key 'rope_scaling.factor', expected a number in [1e-12, 1e+12]");
  EXPECT_EQ(errorWith({{"type", "linear"}, {"factor", 2}, {"beta", 1}}),
            "config.json: unknown config key 'rope_scaling.beta' = 1; if it changes nothing, "
            "--ignore-config-key=rope_scaling.beta accepts it");
  EXPECT_EQ(errorWith({{"type", "default"}, {"factor", 2}}),
            "config.json: unknown config key 'rope_scaling.factor' = 2; if it changes nothing, "
            "--ignore-config-key=rope_scaling.factor accepts it");
  EXPECT_NE(errorWith({{"type", "llama3"}, {"factor", 2}, {"low_freq_factor", 4}, {"high_freq_factor", 4}})
                .find("'rope_scaling.high_freq_factor' = 4: expected more than low_freq_factor"),
            std::string::npos);
  EXPECT_EQ(errorWith({{"type", "llama3"}, {"factor", 2}, {"low_freq_factor", 4}}),
            "config.json: missing config key 'rope_scaling.high_freq_factor', expected a number in [1e-12, 1e+12]");
  EXPECT_NE(errorWith({{"type", "yarn"}, {"factor", 2}, {"beta_fast", 1}, {"beta_slow", 2}})
                .find("expected at least beta_slow"),
            std::string::npos);
  EXPECT_NE(errorWith({{"type", "yarn"}, {"factor", 2}, {"rope_theta", 1}}).find("needs a base greater than 1"),
            std::string::npos);
  EXPECT_NE(errorWith({{"partial_rotary_factor", 0.5}}).find("only heads that rotate as a whole"), std::string::npos);
  EXPECT_EQ(errorOf(withRope({{"rope_scaling", 3}})), "config.json: 'rope_scaling' = 3: expected an object");
  EXPECT_EQ(errorOf(withRope({{"rope_theta", 5}, {"rope_parameters", {{"rope_theta", 6}}}})),
            "config.json: 'rope_theta' = 5: contradicts 'rope_parameters.rope_theta' = 6");
  EXPECT_EQ(errorOf(withRope({{"rope_theta", nullptr}})),
            "config.json: 'rope_theta' = null: expected a number in [1e-12, 1e+12]");
  // One table per kind of layer is the spelling of other families.
  EXPECT_NE(errorOf(withRope({{"rope_parameters", {{"full_attention", {{"rope_type", "default"}}}}}}))
                .find("unknown config key 'rope_parameters.full_attention'"),
            std::string::npos);
}

TEST(Rope, YarnScalesTheScoresOfLatentAttention) {
  auto scaling = [](double factor, json mscaleAllDim) {
    json config = readConfig("deepseek_v3");
    config["rope_parameters"]["factor"] = factor;
    config["rope_parameters"]["mscale_all_dim"] = std::move(mscaleAllDim);
    return scoreScaling(parsed(config).text.rope.parameters);
  };
  EXPECT_DOUBLE_EQ(scaling(4, 1.2), std::pow(0.1 * 1.2 * std::log(4.0) + 1, 2));
  EXPECT_DOUBLE_EQ(scaling(40, 1), std::pow(0.1 * std::log(40.0) + 1, 2));
  EXPECT_EQ(scaling(4, 0), 1);
  EXPECT_EQ(scaling(4, nullptr), 1);
  EXPECT_EQ(scaling(0.5, 1.2), 1);
  EXPECT_EQ(scoreScaling(parsed(readConfig("deepseek_v3_noqlora")).text.rope.parameters), 1);
}

} // namespace
