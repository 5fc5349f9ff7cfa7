// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Fp8.h"

#include <algorithm>
#include <bit>
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

void dequantiseFp8(const std::byte *numbers, const std::byte *scales, const Fp8Blocks &blocks, int64_t at, size_t count,
                   std::byte *target) {
  auto [rows, width] = blocks.block;
  int64_t scalesPerRow = (blocks.columns + width - 1) / width;
  for (int64_t end = at + int64_t(count); at < end;) {
    int64_t row = at / blocks.columns, column = at % blocks.columns;
    // As far as the block and the row go.
    int64_t length = std::min({end - at, width - column % width, blocks.columns - column});
    float scale;
    std::memcpy(&scale, scales + (row / rows * scalesPerRow + column / width) * int64_t(sizeof(float)), sizeof(float));
    for (int64_t i = 0; i < length; ++i, target += sizeof(float)) {
      float product = values[size_t(numbers[at + i])] * scale;
      std::memcpy(target, &product, sizeof(float));
    }
    at += length;
  }
}

} // namespace veomni
