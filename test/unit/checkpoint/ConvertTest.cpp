// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every conversion of elements against its definition.
#include "Convert.h"
#include "Materialise.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace veomni::test {
namespace {

using bundle::DType;

template <typename To, typename From> To convert(DType from, DType to, From value) {
  To result;
  converter(from, to)(reinterpret_cast<const std::byte *>(&value), reinterpret_cast<std::byte *>(&result), 1);
  return result;
}

/// The value of a small float, by its definition; exact in double.
double valueOf(uint16_t bits, int mantissa, int bias) {
  int exponent = (bits & 0x7fff) >> mantissa;
  double fraction = bits & ((1 << mantissa) - 1), sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 2 * bias + 1)
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  return sign * (exponent == 0 ? std::ldexp(fraction, 1 - bias - mantissa)
                               : std::ldexp(fraction + (1 << mantissa), exponent - bias - mantissa));
}

struct Small {
  DType type;
  int mantissa, bias;
};
constexpr Small smalls[] = {{DType::bf16, 7, 127}, {DType::f16, 10, 15}};

TEST(Convert, WidensEverySmallFloat) {
  for (Small small : smalls)
    for (uint32_t bits = 0; bits < 65536; ++bits) {
      double expected = valueOf(uint16_t(bits), small.mantissa, small.bias);
      float single = convert<float>(small.type, DType::f32, uint16_t(bits));
      double wide = convert<double>(small.type, DType::f64, uint16_t(bits));
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(single) && std::isnan(wide)) << bits;
        continue;
      }
      ASSERT_EQ(std::bit_cast<uint64_t>(double(single)), std::bit_cast<uint64_t>(expected)) << bits;
      ASSERT_EQ(std::bit_cast<uint64_t>(wide), std::bit_cast<uint64_t>(expected)) << bits;
    }
}

/// Halfway between neighbours the even one, else the nearer: for every small float, from f32 and f64.
TEST(Convert, RoundsToNearestEven) {
  for (Small small : smalls) {
    const uint32_t infinity = uint32_t(2 * small.bias + 1) << small.mantissa;
    for (uint32_t sign : {0u, 0x8000u})
      for (uint32_t bits = 0; bits < infinity; ++bits) {
        double here = valueOf(uint16_t(bits), small.mantissa, small.bias);
        // Beyond the largest float the next would be a power of two.
        double next = bits + 1 == infinity ? std::ldexp(1.0, small.bias + 1)
                                           : valueOf(uint16_t(bits + 1), small.mantissa, small.bias);
        double middle = (here + next) / 2, factor = sign ? -1 : 1;
        uint32_t even = sign | (bits % 2 == 0 ? bits : bits + 1);
        auto check = [&](double value, uint32_t expected) {
          ASSERT_EQ(convert<uint16_t>(DType::f64, small.type, factor * value), expected) << value;
          // Where f32 has no such value (it ends together with bf16) there is nothing to round.
          if (double(float(value)) == value)
            ASSERT_EQ(convert<uint16_t>(DType::f32, small.type, float(factor * value)), expected) << value;
        };
        check(here, sign | bits);
        check(middle, even);
        check(std::nextafter(middle, 0), sign | bits);
        check(std::nextafter(middle, next), sign | (bits + 1));
        check(std::nextafterf(float(middle), 0.0f), float(middle) == middle ? sign | bits : even);
      }
  }
}

TEST(Convert, KeepsInfinityAndNaN) {
  for (DType to : {DType::bf16, DType::f16}) {
    uint16_t infinity = to == DType::bf16 ? 0x7f80 : 0x7c00;
    for (uint32_t payload : {1u, 0x3fffffu, 0x400000u, 0x7fffffu}) {
      EXPECT_GT(convert<uint16_t>(DType::f32, to, 0x7f800000u | payload), infinity);
      EXPECT_GT(convert<uint16_t>(DType::f32, to, 0xff800000u | payload), infinity | 0x8000);
      EXPECT_GT(convert<uint16_t>(DType::f64, to, 0x7ff0000000000000u | payload) & 0x7fff, infinity);
    }
    EXPECT_EQ(convert<uint16_t>(DType::f32, to, -std::numeric_limits<float>::infinity()), infinity | 0x8000);
    EXPECT_EQ(convert<uint16_t>(DType::f64, to, std::numeric_limits<double>::infinity()), infinity);
    EXPECT_EQ(convert<uint16_t>(DType::f64, to, 1e300), infinity);
  }
  EXPECT_EQ(convert<uint16_t>(DType::f32, DType::f16, 1e30f), 0x7c00);
  EXPECT_TRUE(std::isnan(convert<float>(DType::f64, DType::f32, 0x7ff0000000000001u)));
}

TEST(Convert, DoublesAsTheMachineDoes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    // Around the range of f32, subnormals included.
    double value = std::ldexp(double(int64_t(random())), int(random() % 330) - 230);
    float expected = float(value);
    ASSERT_EQ(std::bit_cast<uint32_t>(convert<float>(DType::f64, DType::f32, value)), std::bit_cast<uint32_t>(expected))
        << value;
    ASSERT_EQ(convert<double>(DType::f32, DType::f64, expected), double(expected)) << expected;
  }
}

#if defined(__x86_64__)
TEST(Convert, DoesNotFlushDenormals) {
  unsigned mode = _mm_getcsr();
  _mm_setcsr(mode | 0x8040);
  uint16_t half = convert<uint16_t>(DType::f32, DType::f16, std::bit_cast<float>(0x33800000u)); // 2^-24
  uint32_t single = convert<uint32_t>(DType::f64, DType::f32, uint64_t(1023 - 149) << 52);
  uint64_t wide = convert<uint64_t>(DType::f32, DType::f64, uint32_t(1));
  uint16_t brain = convert<uint16_t>(DType::f32, DType::bf16, uint32_t(0x00010000));
  uint32_t back = convert<uint32_t>(DType::f16, DType::f32, uint16_t(1));
  _mm_setcsr(mode);
  EXPECT_EQ(half, 1);
  EXPECT_EQ(single, 1u);
  EXPECT_EQ(wide, uint64_t(1023 - 149) << 52);
  EXPECT_EQ(brain, 1);
  EXPECT_EQ(back, 0x33800000u);
}
#endif

TEST(Convert, RoundsAtEveryStep) {
  // Just above the middle of two bf16, but in the middle for f32.
  double value = 1 + 0x1p-8 + 0x1p-40;
  uint16_t once, twice;
  Conversion(DType::f64, {DType::bf16})
      .run(reinterpret_cast<std::byte *>(&value), reinterpret_cast<std::byte *>(&once), 1);
  Conversion(DType::f64, {DType::f32, DType::bf16})
      .run(reinterpret_cast<std::byte *>(&value), reinterpret_cast<std::byte *>(&twice), 1);
  EXPECT_EQ(once, 0x3f81);
  EXPECT_EQ(twice, 0x3f80);
}

TEST(Convert, LongChains) {
  std::vector<float> source(1000), target(1000);
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = float(i);
  Conversion(DType::f32, {DType::f64, DType::f64, DType::f16, DType::f32})
      .run(reinterpret_cast<std::byte *>(source.data()), reinterpret_cast<std::byte *>(target.data()), source.size());
  EXPECT_EQ(source, target);
  EXPECT_TRUE(Conversion(DType::i8, {}).isIdentity());
  EXPECT_TRUE(Conversion(DType::f32, {DType::f32}).isIdentity());
  EXPECT_EQ(converter(DType::i64, DType::f32), nullptr);
}

TEST(Transpose, EverySmallSize) {
  constexpr size_t most = 41, stride = most * 4 + 1; // odd: nothing is aligned
  std::string source(most * stride, '\0');
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = char(i * 31 + i / 251);
  for (size_t rows = 0; rows <= most; ++rows)
    for (size_t columns = 0; columns <= most; ++columns) {
      std::string target(most * stride, 'x'), expected = target;
      for (size_t row = 0; row < rows; ++row)
        for (size_t column = 0; column < columns; ++column)
          expected.replace(column * stride + row * 4, 4, source, row * stride + column * 4, 4);
      transposeUnits(reinterpret_cast<const std::byte *>(source.data()), stride, rows, columns,
                     reinterpret_cast<std::byte *>(target.data()), stride);
      ASSERT_EQ(target, expected) << rows << " x " << columns;
    }
}

} // namespace
} // namespace veomni::test
