// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JSON that is right and JSON that is not.
#include "veomni/runtime/Json.h"

#include <gtest/gtest.h>

using veomni::parseJson;

static std::string errorOf(std::string_view text) {
  auto document = parseJson(text, "f.json");
  return document ? "parsed" : document.status().message();
}

TEST(Json, ParsesEveryKindOfValue) {
  auto document =
      parseJson(R"( {"a": [1, -2, 0.5, true, null, "x\u00e9"], "b": {"a": {}}, "c": 18446744073709551615} )", "f.json");
  ASSERT_TRUE(document) << document.status().message();
  EXPECT_EQ(*document,
            nlohmann::json::parse(R"({"a":[1,-2,0.5,true,null,"xé"],"b":{"a":{}},"c":18446744073709551615})"));
  EXPECT_TRUE((*document)["a"][0].is_number_unsigned());
  EXPECT_EQ((*document)["c"].get<uint64_t>(), UINT64_MAX);
}

TEST(Json, RefusesDuplicateKeysAndSaysWhere) {
  EXPECT_EQ(errorOf("{\"a\": 1,\n \"b\": {\"a\": 1}, \"a\": 2}"),
            "f.json: invalid JSON at line 2, column 19 (byte 27): duplicate key \"a\"");
}

TEST(Json, RepeatedKeysMayBeAllowedWhereValuesAreEqual) {
  auto parse = [](std::string_view text) {
    auto document = parseJson(text, "f.json", veomni::RepeatedKeys::MayRepeatValue);
    return document ? document->dump() : document.status().message();
  };
  EXPECT_EQ(parse(R"({"a": 1, "b": {"c": [1, {"d": 2}]}, "a": 1, "b": {"c": [1, {"d": 2}]}})"),
            R"({"a":1,"b":{"c":[1,{"d":2}]}})");
  EXPECT_EQ(parse(R"({"a": {"b": 1, "b": 1}, "a": {"b": 1}})"), R"({"a":{"b":1}})");
  EXPECT_NE(parse(R"({"a": 1, "a": 2})").find("duplicate key \"a\" with another value"), std::string::npos);
  EXPECT_NE(parse(R"({"a": {"b": [1]}, "a": {"b": [2]}})").find("duplicate key \"a\" with another value"),
            std::string::npos);
  EXPECT_NE(parse(R"({"a": 1, "a": {"b": 1, "b": 2}})").find("duplicate key \"b\" with another value"),
            std::string::npos);
}

TEST(Json, SyntaxErrorsSayWhereAndWhat) {
  std::string error = errorOf("{\"a\": 1,\n  oops}");
  EXPECT_TRUE(
      error.starts_with("f.json: invalid JSON at line 2, column 3 (byte 11): syntax error while parsing object key"))
      << error;
}

TEST(Json, RefusesBrokenDocuments) {
  for (const char *text :
       {"", "{", "[1", "{\"a\"}", "{} {}", "\"\xff\"", "nul", "1e999", "{\"a\":1,}", "'a'", "NaN", "// x\n1"})
    EXPECT_TRUE(errorOf(text).starts_with("f.json: invalid JSON at line 1, column ")) << text << ": " << errorOf(text);
}

TEST(Json, RefusesZeroBytes) {
  EXPECT_EQ(errorOf(std::string_view("{}\0 x", 5)), "f.json: invalid JSON at line 1, column 3 (byte 2): byte 0");
  EXPECT_EQ(errorOf(std::string_view("\"\0\"", 3)), "f.json: invalid JSON at line 1, column 2 (byte 1): byte 0");
}

TEST(Json, DepthIsLimited) {
  auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(errorOf(nested(veomni::maxJsonDepth)), "parsed");
  EXPECT_EQ(errorOf(nested(veomni::maxJsonDepth + 1)),
            "f.json: invalid JSON at line 1, column 65 (byte 64): nested deeper than 64 levels");
  EXPECT_NE(errorOf(std::string(10'000'000, '[')), "parsed");
}

TEST(Json, MembersOfALargeObjectComeOneByOne) {
  std::string seen;
  auto members = [&](std::string_view text) {
    seen.clear();
    veomni::Status status =
        veomni::parseJsonMembers(text, "f.json", [&](const std::string &key, const nlohmann::json &value) {
          seen += key + "=" + value.dump() + ";";
        });
    return status ? "parsed" : status.message();
  };
  EXPECT_EQ(members(R"({"b": {"x": [1, {"y": 2}]}, "a": 3, "c": [], "d": {}})"), "parsed");
  EXPECT_EQ(seen, R"(b={"x":[1,{"y":2}]};a=3;c=[];d={};)");
  EXPECT_EQ(members("{}"), "parsed");
  EXPECT_EQ(seen, "");
  EXPECT_NE(members(R"({"a": {"b": 1}, "a": {"b": 1}})").find("duplicate key \"a\""), std::string::npos);
  EXPECT_NE(members(R"({"a": 1, "b": {"c": 1, "c": 1}})").find("duplicate key \"c\""), std::string::npos);
  EXPECT_NE(members(R"({"a": 1, )").find("invalid JSON"), std::string::npos);
  EXPECT_EQ(members("[{\"a\": 1}]"), "f.json: expected a JSON object");
  EXPECT_EQ(seen, "");
}
