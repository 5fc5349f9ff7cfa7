// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights in FP8 with a scale per block.
#include "Fp8.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace veomni {
namespace {

/// Number `code`: a sign, 4 bits of exponent with bias 7, 3 of fraction. All exponents are finite but for the one code
/// of NaN.
constexpr float value(uint32_t code) {
  uint32_t exponent = code >> 3 & 15, fraction = code & 7;
  if ((code & 127) == 127)
    return std::numeric_limits<float>::quiet_NaN();
  // Subnormal numbers are multiples of 2^-9.
  float magnitude =
      exponent == 0 ? float(fraction) / 512 : std::bit_cast<float>((exponent + 120) << 23 | fraction << 20);
  return code >> 7 ? -magnitude : magnitude;
}

constexpr auto values = [] {
  std::array<float, 256> table{};
  for (uint32_t code = 0; code < 256; ++code)
    table[code] = value(code);
  return table;
}();

} // namespace

float fp8Number(uint8_t code) { return values[code]; }

/// Scale `index` of a type of floats.
static float scaleAt(const std::byte *scales, ElementType type, int64_t index) {
  if (type == ElementType::f32) {
    float scale;
    std::memcpy(&scale, scales + index * int64_t(sizeof scale), sizeof scale);
    return scale;
  }
  uint16_t bits;
  std::memcpy(&bits, scales + index * int64_t(sizeof bits), sizeof bits);
  if (type == ElementType::bf16)
    return std::bit_cast<float>(uint32_t(bits) << 16);
  const float fraction = float(bits & 1023);
  const int exponent = bits >> 10 & 31;
  float magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31)
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  return bits >> 15 ? -magnitude : magnitude;
}

void dequantiseFp8(const std::byte *numbers, const std::byte *scales, ElementType scaleType, const Fp8Blocks &blocks,
                   int64_t at, size_t count, std::byte *target) {
  auto [rows, width] = blocks.block;
  int64_t scalesPerRow = (blocks.columns + width - 1) / width;
  for (int64_t end = at + int64_t(count); at < end;) {
    int64_t row = at / blocks.columns, column = at % blocks.columns;
    // As far as the block and the row go.
    int64_t length = std::min({end - at, width - column % width, blocks.columns - column});
    const float scale = scaleAt(scales, scaleType, row / rows * scalesPerRow + column / width);
    for (int64_t i = 0; i < length; ++i, target += sizeof(float)) {
      float product = values[size_t(numbers[at + i])] * scale;
      std::memcpy(target, &product, sizeof(float));
    }
    at += length;
  }
}

} // namespace veomni
