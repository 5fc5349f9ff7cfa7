// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions at their edges.
#include "comm/Reduce.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace veomni {
namespace {

using bundle::DType;

template <typename T>
std::vector<T> reduced(DType type, Reduction reduction, const std::vector<std::vector<T>> &parts) {
  std::vector<const std::byte *> given;
  for (const std::vector<T> &part : parts)
    given.push_back(reinterpret_cast<const std::byte *>(part.data()));
  std::vector<T> out(parts.front().size());
  comm::reduce(type, reduction, given, int64_t(out.size()), reinterpret_cast<std::byte *>(out.data()));
  return out;
}

TEST(Reduce, SumsGoFromLeftToRight) {
  // (1e8 + 1) - 1e8 is 0 in f32; in another order it is 1.
  EXPECT_EQ(reduced<float>(DType::f32, Reduction::sum, {{1e8F}, {1.0F}, {-1e8F}}), std::vector<float>{0});
  EXPECT_EQ(reduced<float>(DType::f32, Reduction::sum, {{1e8F}, {-1e8F}, {1.0F}}), std::vector<float>{1});
}

TEST(Reduce, SumsOfBfloat16AreRoundedOnce) {
  // 256 + 1 + 1: each step alone rounds back to 256.
  EXPECT_EQ(reduced<uint16_t>(DType::bf16, Reduction::sum, {{0x4380}, {0x3F80}, {0x3F80}}),
            std::vector<uint16_t>{0x4381});
}

TEST(Reduce, WholeNumbersWrap) {
  constexpr int32_t most = std::numeric_limits<int32_t>::max(), least = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(reduced<int32_t>(DType::i32, Reduction::sum, {{most}, {1}}), std::vector<int32_t>{least});
}

TEST(Reduce, MaximaKeepNaNs) {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  std::vector<float> found = reduced<float>(DType::f32, Reduction::max, {{nan, 1, -inf}, {2, nan, -inf}, {3, 3, -5}});
  EXPECT_TRUE(std::isnan(found[0]) && std::isnan(found[1]));
  EXPECT_EQ(found[2], -5);
}

TEST(Reduce, OnePartIsItself) {
  std::vector<double> part(3000, 0.1);
  EXPECT_EQ(reduced<double>(DType::f64, Reduction::sum, {part}), part);
}

TEST(Reduce, SomeTypesCannotBe) {
  EXPECT_TRUE(comm::canReduce(DType::bf16));
  EXPECT_FALSE(comm::canReduce(DType::u8));
  EXPECT_FALSE(comm::canReduce(DType::f8_e4m3));
}

} // namespace
} // namespace veomni
