// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One test for each rule of the safetensors format.
#include "Support.h"

namespace veomni::test {
namespace {

struct Case {
  const char *name;
  std::string file;
  const char *message; ///< all of it
};

const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";

std::string withLength(uint64_t length, std::string rest) {
  return std::string(reinterpret_cast<const char *>(&length), 8) + rest;
}

const Case cases[] = {
    {"Short", "1234567", "f: has 7 bytes, expected a safetensors file with at least 8"},
    {"Empty", "", "f: has 0 bytes, expected a safetensors file with at least 8"},
    {"LengthLimit", withLength(100'000'001, "{}"),
     "f: header length is 100000001, expected at most 100000000; not a safetensors file?"},
    {"LengthBeyondFile", withLength(3, "{}"), "f: header length is 3, but only 2 bytes follow: the file is incomplete"},
    {"LengthHuge", withLength(~uint64_t(0), "{}"),
     "f: header length is 18446744073709551615, expected at most 100000000; not a safetensors file?"},
    {"NoHeader", withLength(0, ""), "f: header does not begin with \"{\""},
    {"LeadingSpace", safetensors(" {}", 0), "f: header does not begin with \"{\""},
    {"Array", safetensors("[]", 0), "f: header does not begin with \"{\""},
    {"DuplicateName", safetensors("{" + a + "," + a + "}", 8),
     "f: header: invalid JSON at line 1, column 57 (byte 56): duplicate key \"a\""},
    {"Metadata", safetensors(R"({"__metadata__":3})", 0), "f: __metadata__ is 3, expected an object of strings"},
    {"MetadataValue", safetensors(R"({"__metadata__":{"x":1,"y":"z"}})", 0),
     "f: __metadata__ \"x\" is 1, expected a string"},
    {"Entry", safetensors(R"({"a":[1]})", 0),
     "f: tensor \"a\": is [1], expected an object with dtype, shape and data_offsets"},
    {"EntryKeys", safetensors(R"({"a":{"dtype":"F32","shap":[2]}})", 8),
     "f: tensor \"a\": has a key \"shap\", expected only dtype, shape and data_offsets\n"
     "f: tensor \"a\": has no shape\nf: tensor \"a\": has no data_offsets"},
    {"UnknownType", safetensors(R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": dtype is \"F33\", which is unknown"},
    {"TypeOfType", safetensors(R"({"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": dtype is 1, which is unknown"},
    {"ShapeType", safetensors(R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": shape is 2, expected an array of sizes"},
    {"NegativeShape", safetensors(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": shape is [-2], expected whole numbers from 0 to 2^63 - 1"},
    {"FractionalShape", safetensors(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": shape is [2.0], expected whole numbers from 0 to 2^63 - 1"},
    {"ShapeBeyondInt64", safetensors(R"({"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": shape is [9223372036854775808], expected whole numbers from 0 to 2^63 - 1"},
    {"ProductOverflow", safetensors(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
     "f: tensor \"a\": shape [4294967296, 4294967296] of U8 is more than 2^64 bits"},
    {"ProductOverflowBesideZero",
     safetensors(R"({"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}})", 0),
     "f: tensor \"a\": shape [0, 4294967296, 4294967296] of U8 is more than 2^64 bits"},
    {"OffsetsType", safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}})", 8),
     "f: tensor \"a\": data_offsets are [0,8,9], expected [begin, end] with begin <= end"},
    {"OffsetsReversed", safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8),
     "f: tensor \"a\": data_offsets are [8,0], expected [begin, end] with begin <= end"},
    {"OffsetsNegative", safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})", 8),
     "f: tensor \"a\": data_offsets are [-8,0], expected [begin, end] with begin <= end"},
    {"BeyondFile", safetensors("{" + a + "}", 7),
     "f: the data has 7 bytes, but its tensors end at byte 8: the file is incomplete, download it again"},
    {"Size", safetensors(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
     "f: tensor \"a\": has 8 bytes, expected 12 for shape [3] of F32"},
    {"BitsOfNoByte", safetensors(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2),
     "f: tensor \"a\": shape [3] of F4 is no whole number of bytes"},
    {"GapBefore", safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})", 9),
     "f: tensor \"a\": begins at byte 1 of the data, leaving a gap after byte 0"},
    {"GapBetween", safetensors("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[9,11]}})", 11),
     "f: tensor \"b\": begins at byte 9 of the data, leaving a gap after byte 8"},
    {"Overlap", safetensors("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}})", 9),
     "f: tensor \"b\": begins at byte 7 of the data, overlapping what ends at byte 8"},
    {"Trailing", safetensors("{" + a + "}", 9), "f: the data has 9 bytes, but its tensors end at byte 8"},
    {"TrailingWithoutTensors", safetensors("{}", 1), "f: the data has 1 bytes, but its tensors end at byte 0"},
    {"AllTogether",
     safetensors(R"({"a":{"dtype":"F33","shape":[-2],"data_offsets":[8]},)"
                 R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})",
                 8),
     "f: tensor \"a\": dtype is \"F33\", which is unknown\n"
     "f: tensor \"a\": shape is [-2], expected whole numbers from 0 to 2^63 - 1\n"
     "f: tensor \"a\": data_offsets are [8], expected [begin, end] with begin <= end\n"
     "f: tensor \"b\": has 8 bytes, expected 4 for shape [1] of F32"},
};

class Refused : public testing::TestWithParam<Case> {};
TEST_P(Refused, WithMessage) {
  Expected<SafetensorsHeader> header = parse(GetParam().file);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.status().message(), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(Header, Refused, testing::ValuesIn(cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Header, InvalidUtf8AndTruncatedJson) {
  EXPECT_FALSE(parse(safetensors("{\"\xff\":{}}", 0)));
  EXPECT_FALSE(parse(safetensors("{" + a, 8)));
  EXPECT_FALSE(parse(safetensors("{}x", 0)));
}

TEST(Header, ManyProblemsAreCounted) {
  std::string header = "{\"t0\":0";
  for (int i = 1; i < 60; ++i)
    header += ",\"t" + std::to_string(i) + "\":0";
  Expected<SafetensorsHeader> parsed = parse(safetensors(header + "}", 0));
  ASSERT_FALSE(parsed);
  EXPECT_TRUE(parsed.status().message().ends_with("\nf: and 10 more problems"));
}

TEST(Header, TensorsByNameWithMetadataAndPadding) {
  Expected<SafetensorsHeader> header =
      parse(safetensors(R"({"z":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"__metadata__":{"format":"pt"},)"
                        R"("empty":{"dtype":"F32","shape":[0,7],"data_offsets":[2,2]},)"
                        R"("four":{"dtype":"F4","shape":[2,3],"data_offsets":[2,5]}}   )",
                        5));
  ASSERT_TRUE(header) << header.status().message();
  ASSERT_EQ(header->tensors.size(), 3u);
  EXPECT_EQ(header->tensors[0].name, "empty");
  EXPECT_EQ(header->tensors[0].shape, (std::vector<int64_t>{0, 7}));
  EXPECT_EQ(header->tensors[0].size, 0u);
  EXPECT_EQ(header->tensors[1].elementType, ElementType::f4);
  EXPECT_EQ(header->tensors[2].name, "z");
  EXPECT_TRUE(header->tensors[2].shape.empty());
  EXPECT_EQ(header->tensors[1].offset, header->tensors[2].offset + 2);
  EXPECT_EQ(header->metadata.at("format"), "pt");
}

TEST(Header, NoTensors) { EXPECT_TRUE(parse(safetensors("{}", 0))); }

TEST(ElementTypes, NamesAndBits) {
  int count = 0;
  for (const char *name : {"BOOL",    "F4",          "F6_E2M3",     "F6_E3M2", "U8",  "I8",  "F8_E5M2", "F8_E4M3",
                           "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I16",     "U16", "F16", "BF16",    "I32",
                           "U32",     "F32",         "C64",         "F64",     "I64", "U64"}) {
    std::optional<ElementType> type = elementTypeNamed(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(elementTypeName(*type), name);
    EXPECT_EQ(int(*type), count++);
  }
  EXPECT_FALSE(elementTypeNamed("f32"));
  EXPECT_EQ(elementBits(ElementType::f6_e2m3), 6u);
  EXPECT_EQ(elementBits(ElementType::c64), 64u);
  for (bundle::DType type : bundle::EnumValuesDType())
    EXPECT_EQ(programType(fileType(type)), type);
  EXPECT_FALSE(programType(ElementType::u64));
}

} // namespace
} // namespace veomni::test
