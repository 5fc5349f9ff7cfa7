// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_TEST_MODEL_CONFIG_FIXTURES_H
#define VEOMNI_TEST_MODEL_CONFIG_FIXTURES_H

#include "veomni/ModelConfig/ModelConfig.h"
#include "veomni/runtime/Json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace veomni::test {

/// The models whose reference outputs the project checks itself against.
inline constexpr std::string_view cases[] = {
    "llama",        "llama_mha",         "llama_tied",       "llama_yarn",          "llama_packed", "qwen2",
    "qwen3",        "qwen3_sliding",     "qwen3_packed",     "qwen3_padded",        "seed_oss",     "mixtral",
    "qwen3_moe",    "qwen3_moe_raw",     "deepseek_v3",      "deepseek_v3_noqlora", "gpt_oss",      "gpt_oss_mxfp4",
    "qwen3_5_text", "qwen3_5_text_long", "qwen3_5_moe_text", "glm_moe_dsa"};
/// Those that also have config.legacy.json, the spelling of transformers 4.
inline constexpr std::string_view legacyCases[] = {"llama", "llama_yarn", "qwen2", "qwen3", "qwen3_moe", "deepseek_v3"};

inline std::string readFixture(std::string_view path) {
  std::ifstream file(std::string(VEOMNI_FIXTURES "/") + std::string(path));
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline nlohmann::json readConfig(std::string_view name) {
  return nlohmann::json::parse(readFixture("goldens/" + std::string(name) + "/config.json"));
}

inline Expected<ModelConfig> parse(const nlohmann::json &config) {
  return parseModelConfig(config.dump(), "config.json");
}

/// The config, or a failed test.
inline ModelConfig parsed(const nlohmann::json &config) {
  Expected<ModelConfig> result = parse(config);
  EXPECT_TRUE(result) << result.status().message();
  return result ? *result : ModelConfig();
}

inline std::string errorOf(const nlohmann::json &config) {
  Expected<ModelConfig> result = parse(config);
  EXPECT_FALSE(result);
  return result.status().message();
}

} // namespace veomni::test

#endif // VEOMNI_TEST_MODEL_CONFIG_FIXTURES_H
