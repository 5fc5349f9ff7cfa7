// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the reference models are, and which.
#ifndef VEOMNI_TEST_MODEL_CONFIG_FIXTURES_H
#define VEOMNI_TEST_MODEL_CONFIG_FIXTURES_H

#include "veomni/ModelConfig/ModelConfig.h"
#include "veomni/runtime/Json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace veomni::test {

/// The folders of goldens that have this file.
inline std::vector<std::string> goldensWith(std::string_view file) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(VEOMNI_FIXTURES "/goldens"))
    if (std::filesystem::exists(entry.path() / file))
      names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  EXPECT_FALSE(names.empty()) << file;
  return names;
}

/// The models whose reference outputs the project checks itself against.
inline const std::vector<std::string> cases = goldensWith("config.json");
/// Those that also have config.legacy.json, the spelling of transformers 4.
inline const std::vector<std::string> legacyCases = goldensWith("config.legacy.json");

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
