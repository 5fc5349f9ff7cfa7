// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Damaged configs: each must either parse or fail with a message, within bounds that keep the rest of the import cheap.
#include "Fixtures.h"

#include <random>

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

void check(const std::string &text) {
  Expected<ModelConfig> config = parseModelConfig(text, "config.json");
  if (!config) {
    EXPECT_EQ(config.status().message().find("config.json"), 0u) << config.status().message();
    EXPECT_LT(config.status().message().size(), 20000u);
    return;
  }
  EXPECT_LE(config->text.layers.size(), 4096u);
  const RopeParameters &rope = config->text.rope.parameters;
  const std::int64_t headDim = config->text.attention.headDim;
  auto turning = static_cast<std::size_t>(static_cast<double>(headDim) * rope.partialRotaryFactor);
  EXPECT_EQ(inverseFrequencies(rope, headDim).size(), turning / 2);
}

std::vector<std::string> texts() {
  std::vector<std::string> all;
  for (std::string_view name : cases)
    all.push_back(readFixture("goldens/" + std::string(name) + "/config.json"));
  for (std::string_view name : legacyCases)
    all.push_back(readFixture("goldens/" + std::string(name) + "/config.legacy.json"));
  return all;
}

TEST(Mutations, Bytes) {
  std::vector<std::string> all = texts();
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    std::string text = all[random() % all.size()];
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      text[random() % text.size()] ^= static_cast<char>(1u << (random() % 8));
    check(text);
  }
}

TEST(Mutations, Truncation) {
  std::vector<std::string> all = texts();
  std::mt19937 random(2);
  for (int i = 0; i < 100; ++i) {
    std::string text = all[random() % all.size()];
    check(text.substr(0, random() % text.size()));
  }
}

TEST(Mutations, Values) {
  const json values[] = {nullptr,
                         true,
                         false,
                         0,
                         1,
                         2,
                         -1,
                         1e18,
                         1000000000000000000,
                         18446744073709551615u,
                         INT64_MIN,
                         1e308,
                         -1e-308,
                         0.5,
                         "",
                         "silu",
                         std::string(100000, 'x'),
                         json::array(),
                         {1, 2},
                         {"full_attention"},
                         json::object(),
                         {{"rope_type", "yarn"}, {"factor", nullptr}},
                         4096,
                         65536};
  std::vector<std::string> all = texts();
  std::mt19937 random(3);
  for (int i = 0; i < 1500; ++i) {
    json config = json::parse(all[random() % all.size()]);
    for (unsigned changes = 1 + random() % 2; changes > 0; --changes) {
      json *object = &config;
      if (config.contains("rope_parameters") && config["rope_parameters"].is_object() &&
          !config["rope_parameters"].empty() && random() % 3 == 0)
        object = &config["rope_parameters"];
      auto entry = object->begin();
      std::advance(entry, random() % object->size());
      if (random() % 8 == 0)
        object->erase(entry);
      else
        *entry = values[random() % std::size(values)];
      if (object->empty())
        break;
    }
    check(config.dump());
  }
}

TEST(Mutations, HugeNumbersAreRefused) {
  for (const char *key : {"num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "hidden_size",
                          "intermediate_size", "vocab_size", "max_position_embeddings", "num_local_experts",
                          "moe_intermediate_size", "num_experts_per_tok"}) {
    json config = readConfig("qwen3_moe");
    config[key] = 1000000000000000000;
    EXPECT_NE(errorOf(config).find("'" + std::string(key) + "' = 1000000000000000000: expected an integer in ["),
              std::string::npos)
        << key;
    config[key] = 1e18;
    EXPECT_NE(errorOf(config).find("expected an integer in ["), std::string::npos) << key;
  }
}

} // namespace
