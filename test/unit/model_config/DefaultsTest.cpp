// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Published configs leave out what is the default of transformers' configuration class, and a wrong default would give
// wrong numbers without a word. The numbers come from the classes themselves: test/fixtures/defaults/make_defaults.py
// asked them, for every family, and for keys that act only beside others with those as well.
#include "Fixtures.h"

#include <set>

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

struct Exception {
  std::string_view modelType; // empty: every family
  std::string_view key;
  std::string_view reason;
};

/// Keys of the classes that change nothing here, whatever they say. All others must make a difference, so that it is
/// known that their default is held.
constexpr Exception withoutEffect[] = {
    {"", "attention_dropout", "acts in training only"},
    {"", "initializer_range", "of weights that are not there yet"},
    {"mixtral", "router_jitter_noise", "acts in training only"},
    {"seed_oss", "residual_dropout", "acts in training only"},
    {"", "architectures", "null means the language model, which model_type says, too"},
    {"", "bos_token_id", "a text is given as its tokens"},
    {"", "pad_token_id", "of the embedding's gradient, and of heads that score texts, which have no default"},
    {"", "id2label", "of heads that score, which architectures names"},
    {"", "label2id", "the same the other way round"},
    {"", "problem_type", "of the losses of such heads"},
    {"", "chunk_size_feed_forward", "how it is computed, not what"},
    {"", "pretraining_tp", "transformers 5.9.0 does not read it"},
    {"", "output_attentions", "what else is returned"},
    {"", "output_hidden_states", "what else is returned"},
    {"", "return_dict", "how it is returned"},
    {"", "use_cache", "whether keys and values are kept for a further run"},
    {"gemma3_text", "_sliding_window_pattern", "layer_types have followed it"},
};

const json &table() {
  static const json all = json::parse(readFixture("defaults/transformers.json"));
  return all;
}

json configOf(const json &entry) {
  json config = entry["given"];
  config["model_type"] = entry["model_type"];
  return config;
}

std::string nameOf(const json &entry) { return entry["model_type"].get<std::string>() + " " + entry["given"].dump(); }

/// Values that a key could have instead.
std::vector<json> otherValues(const json &value) {
  if (value.is_boolean())
    return {!value.get<bool>()};
  if (value.is_number_integer()) {
    auto integer = value.get<std::int64_t>();
    return {integer * 2, integer / 2, integer + 1};
  }
  if (value.is_number())
    return {value.get<double>() * 2, value.get<double>() / 2, value.get<double>() + 1};
  if (value.is_null())
    return {1, 32, 64, 4.0, true, "float16"};
  if (value.is_string())
    return {"gelu", "silu"};
  std::vector<json> others;
  if (value.is_array() && value.empty())
    others.push_back({3});
  // The first layers are often beside the rule.
  for (const char *word : {"full_attention", "sliding_attention", "dense", "shared"})
    if (value.is_array() && !value.empty()) {
      others.push_back(value);
      others.back().back() = word;
    }
  if (value.is_object())
    for (const auto &[key, part] : value.items())
      for (const json &other : otherValues(part)) {
        others.push_back(value);
        others.back()[key] = other;
      }
  return others;
}

TEST(Defaults, AnAbsentKeyMeansWhatTheClassHas) {
  for (const json &entry : table()["configs"]) {
    json config = configOf(entry);
    Expected<ModelConfig> absent = parse(config);
    ASSERT_TRUE(absent) << nameOf(entry) << ": " << absent.status().message();
    json complete = config;
    for (const auto &[key, value] : entry["absent"].items()) {
      json one = config;
      one[key] = complete[key] = value;
      Expected<ModelConfig> given = parse(one);
      ASSERT_TRUE(given) << nameOf(entry) << ": " << given.status().message();
      EXPECT_TRUE(*absent == *given) << nameOf(entry) << ": " << key << " is not " << value << " where it is absent";
    }
    Expected<ModelConfig> given = parse(complete);
    ASSERT_TRUE(given) << nameOf(entry) << ": " << given.status().message();
    EXPECT_TRUE(*absent == *given) << nameOf(entry) << ": all keys together";
  }
}

/// Whether another value than the default makes another model, or is refused because it would.
bool matters(const json &entry, const std::string &key, const json &value) {
  json config = configOf(entry);
  Expected<ModelConfig> absent = parse(config);
  for (const json &other : otherValues(value)) {
    config[key] = other;
    Expected<ModelConfig> changed = parse(config);
    // Where the default is null, another value may just be of the wrong type.
    const bool isRefused =
        !changed && changed.status().message().find(value.is_null() ? "not supported" : "'" + key) != std::string::npos;
    if (isRefused || (absent && changed && !(*changed == *absent)))
      return true;
  }
  return false;
}

TEST(Defaults, EveryKeyOfEveryClassIsHeld) {
  std::set<std::pair<std::string, std::string>> keys, mattering;
  for (const json &entry : table()["configs"])
    for (const auto &[key, value] : entry["absent"].items()) {
      keys.emplace(entry["model_type"].get<std::string>(), key);
      if (matters(entry, key, value))
        mattering.emplace(entry["model_type"].get<std::string>(), key);
    }
  std::set<const Exception *> used;
  for (const auto &[modelType, key] : keys) {
    const auto *listed = std::ranges::find_if(withoutEffect, [&](const Exception &exception) {
      return exception.key == key && (exception.modelType.empty() || exception.modelType == modelType);
    });
    const bool isListed = listed != std::end(withoutEffect);
    if (isListed)
      used.insert(listed);
    EXPECT_NE(isListed, mattering.contains({modelType, key}))
        << modelType << "." << key
        << (isListed ? " makes a difference, although withoutEffect lists it"
                     : " makes no difference; withoutEffect must say why, if that is right");
  }
  for (const Exception &exception : withoutEffect)
    EXPECT_TRUE(used.contains(&exception)) << exception.key << " is listed for nothing";
}

TEST(Defaults, TheTableHasEveryFamily) {
  std::set<std::string> asked;
  for (const json &entry : table()["configs"])
    asked.insert(entry["model_type"].get<std::string>());
  // A type that there is not is answered with those that there are.
  const std::string message = errorOf({{"model_type", "?"}});
  std::set<std::string> known;
  for (std::size_t begin = message.find('\'', message.find("expected one of")); begin != std::string::npos;) {
    const std::size_t end = message.find('\'', begin + 1);
    known.insert(message.substr(begin + 1, end - begin - 1));
    begin = message.find('\'', end + 1);
  }
  EXPECT_FALSE(known.empty()) << message;
  for (const std::string &family : known)
    EXPECT_TRUE(asked.contains(family) || known.contains(family + "_text"))
        << family << " is not in test/fixtures/defaults/transformers.json: run make_defaults.py beside it";
  for (const std::string &family : asked)
    EXPECT_TRUE(known.contains(family)) << family;
}

} // namespace
