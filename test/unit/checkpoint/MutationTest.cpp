// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Damaged files either open, and then hold what they say, or are refused with a message.
#include "Support.h"

#include <random>

namespace veomni::test {
namespace {

TEST(Mutations, OpenOrFailCleanly) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},)"
      R"("c":{"dtype":"I64","shape":[],"data_offsets":[32,40]}} )";
  const std::string whole = safetensors(header, 40);
  ASSERT_TRUE(parse(whole));
  static constexpr const char *tokens[] = {
      "0", "-1", "9223372036854775807", "18446744073709551616", "1e3", "[]", "{}", "null", "\"F4\"", ","};
  int opened = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    auto pick = [&](size_t below) { return size_t(random() % below); };
    std::string file = whole;
    for (size_t i = pick(4) + 1; i > 0 && !file.empty(); --i)
      switch (pick(5)) {
      case 0:
        file[pick(file.size())] ^= char(1 << pick(8));
        break;
      case 1:
        file.resize(pick(file.size() + 1));
        break;
      case 2:
        file.erase(pick(file.size()), pick(9));
        break;
      case 3:
        file.insert(pick(file.size()), tokens[pick(std::size(tokens))]);
        break;
      case 4: // a digit for a digit: damage that stays JSON
        if (size_t at = file.find_first_of("0123456789", 8 + pick(header.size())); at < file.size())
          file[at] = char('0' + pick(10));
        break;
      }
    Expected<SafetensorsHeader> parsed = parse(file);
    if (!parsed) {
      ASSERT_TRUE(parsed.status().message().starts_with("f: ")) << parsed.status().message();
      continue;
    }
    ++opened;
    uint64_t covered = 0;
    for (const TensorInfo &tensor : parsed->tensors) {
      ASSERT_LE(tensor.offset, file.size());
      ASSERT_LE(tensor.size, file.size() - tensor.offset);
      covered += tensor.size;
    }
    uint64_t length;
    std::memcpy(&length, file.data(), 8);
    ASSERT_EQ(covered + 8 + length, file.size());
  }
  // Damage to names and data goes unnoticed.
  EXPECT_GT(opened, 20);
}

} // namespace
} // namespace veomni::test
