// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The reader of keys: types, defaults, and keys that nobody asked for.
#include "veomni/ModelConfig/ConfigReader.h"

#include <gtest/gtest.h>

using namespace veomni;
using nlohmann::json;

namespace {

struct Reading {
  explicit Reading(const char *text) : object(json::parse(text)), reader(object, problems) {}
  std::string message() const { return problems.status().message(); }

  json object;
  ProblemList problems{"config.json"};
  ConfigReader reader;
};

constexpr std::string_view colours[] = {"red", "green"};

TEST(ConfigReader, ReadsEachKindOfValue) {
  Reading r(
      R"({"i": 7, "n": 2, "f": 0.5, "b": true, "s": "text", "c": "red", "l": ["a"], "is": [1, 2], "none": null})");
  EXPECT_EQ(r.reader.requiredInteger("i", {1, 9}), 7);
  EXPECT_EQ(r.reader.integer("absent", 3, {1, 9}), 3);
  EXPECT_EQ(r.reader.nullableInteger("none", 3, {1, 9}), std::nullopt);
  EXPECT_EQ(r.reader.nullableInteger("absent", 3, {1, 9}), 3);
  EXPECT_EQ(r.reader.requiredNumber("n", {0, 9}), 2.0);
  EXPECT_EQ(r.reader.number("f", 0, {0, 9}), 0.5);
  EXPECT_EQ(r.reader.nullableNumber("none", {0, 9}), std::nullopt);
  EXPECT_TRUE(r.reader.boolean("b", false));
  EXPECT_TRUE(r.reader.nullableBoolean("b", false));
  EXPECT_FALSE(r.reader.nullableBoolean("none", true));
  EXPECT_TRUE(r.reader.nullableBoolean("absent", true));
  EXPECT_EQ(r.reader.requiredString("s"), "text");
  EXPECT_EQ(r.reader.choice("c", "green", colours), "red");
  EXPECT_EQ(r.reader.choice("absent", "green", colours), "green");
  EXPECT_EQ(r.reader.nullableStrings("l"), std::vector<std::string>{"a"});
  EXPECT_EQ(r.reader.nullableIntegers("is", {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(r.reader.integerOrList("is", {}, {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(r.reader.integerOrList("i", {}, {}), std::vector<std::int64_t>{7});
  EXPECT_EQ(r.reader.integerOrList("none", {5}, {}), std::vector<std::int64_t>{});
  EXPECT_EQ(r.reader.integerOrList("absent", {5}, {}), std::vector<std::int64_t>{5});
  r.reader.refuseUnclaimed();
  EXPECT_EQ(r.message(), "");
}

TEST(ConfigReader, NamesKeyValueAndExpectation) {
  Reading r(R"({"i": 7.5, "big": 18446744073709551615, "b": 1, "c": "blue", "n": -1})");
  r.reader.requiredInteger("i", {1, 9});
  r.reader.requiredInteger("big", {1, 9});
  r.reader.boolean("b", false);
  r.reader.choice("c", "red", colours);
  r.reader.number("n", 1, {0.5, 1});
  r.reader.requiredInteger("gone", {1, 9});
  EXPECT_EQ(r.message(), "config.json: 'i' = 7.5: expected an integer in [1, 9]\n"
                         "config.json: 'big' = 18446744073709551615: expected an integer in [1, 9]\n"
                         "config.json: 'b' = 1: expected true or false\n"
                         "config.json: 'c' = \"blue\": not supported, expected one of 'red', 'green'\n"
                         "config.json: 'n' = -1: expected a number in [0.5, 1]\n"
                         "config.json: missing config key 'gone', expected an integer in [1, 9]");
}

TEST(ConfigReader, RefusesNullWhereTransformersDoes) {
  Reading r(R"({"i": null, "b": null, "n": null, "c": null})");
  r.reader.integer("i", 1, {});
  r.reader.boolean("b", false);
  r.reader.number("n", 1, {0, 9});
  r.reader.choice("c", "red", colours);
  EXPECT_EQ(r.message(), "config.json: 'i' = null: expected an integer of at least 0\n"
                         "config.json: 'b' = null: expected true or false\n"
                         "config.json: 'n' = null: expected a number in [0, 9]\n"
                         "config.json: 'c' = null: not supported, expected one of 'red', 'green'");
}

TEST(ConfigReader, UnclaimedKeysNameTheNearestClaimedOne) {
  Reading r(R"({"hiden_size": 4, "zzz": {}, "inner": {"betta": [1, 2]}})");
  r.reader.integer("hidden_size", 1, {});
  ConfigReader inner = r.reader.section("inner");
  inner.number("beta", 1, {0, 9});
  inner.refuseUnclaimed();
  r.reader.refuseUnclaimed();
  EXPECT_EQ(r.message(),
            "config.json: unknown config key 'inner.betta' = [1,2] (nearest known: 'inner.beta'); if it changes "
            "nothing, --ignore-config-key=inner.betta accepts it\n"
            "config.json: unknown config key 'hiden_size' = 4 (nearest known: 'hidden_size'); if it "
            "changes nothing, --ignore-config-key=hiden_size accepts it\n"
            "config.json: unknown config key 'zzz' = {}; if it changes nothing, --ignore-config-key=zzz "
            "accepts it");
}

TEST(ConfigReader, IgnoredAndConstantKeysAreClaimed) {
  Reading r(R"({"a": 1, "b": false, "c": null, "d": 2, "e": 3})");
  r.reader.ignore("a");
  r.reader.supportOnly("b", false, "why");
  r.reader.supportOnly("c", 1, "why");
  r.reader.supportOnly("d", 1, "one is enough");
  r.reader.refuseContradiction("d", "e");
  r.reader.ignore("e");
  r.reader.refuseUnclaimed();
  EXPECT_EQ(r.message(), "config.json: 'd' = 2: not supported, expected 1: one is enough\n"
                         "config.json: 'd' = 2: contradicts 'e' = 3");
}

TEST(ConfigReader, MessagesStaySmallWhateverTheFileHolds) {
  json object = json::object();
  for (int i = 0; i < 1000; ++i)
    object["key" + std::to_string(i)] = std::string(100000, 'x');
  object[std::string(1000000, 'k')] = 1;
  ProblemList problems("config.json");
  ConfigReader reader(object, problems);
  reader.refuseUnclaimed();
  EXPECT_LT(problems.status().message().size(), 20000u);
  EXPECT_NE(problems.status().message().find("and 937 more problems"), std::string::npos);
}

} // namespace
