// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A table of the 16 products with every scale, as bits: where a float would be subnormal, arithmetic depends on the
// thread's mode.
#include "Mxfp4.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace veomni {
namespace {

/// The bits, as f32, of number `code` times 2^(scale - 127).
constexpr uint32_t product(uint32_t code, uint32_t scale) {
  uint32_t sign = code >> 3 << 31, exponent = code >> 1 & 3, fraction = code & 1;
  if (scale == 255)
    return 0x7fc00000;
  if ((code & 7) == 0)
    return sign;
  // Halves of 1 below 1, which has the exponent 1.
  int32_t biased = int32_t(scale) + (exponent == 0 ? -1 : int32_t(exponent) - 1);
  uint32_t significand = exponent == 0 ? 0x800000 : 0x800000 | fraction << 22;
  if (biased >= 255)
    return sign | 0x7f800000;
  return sign | (biased > 0 ? uint32_t(biased) << 23 | (significand & 0x7fffff) : significand >> (1 - biased));
}

constexpr auto products = [] {
  std::array<std::array<uint32_t, 16>, 256> table{};
  for (uint32_t scale = 0; scale < 256; ++scale)
    for (uint32_t code = 0; code < 16; ++code)
      table[scale][code] = product(code, scale);
  return table;
}();

template <typename Int>
void dequantise(const std::byte *blocks, const std::byte *scales, int64_t at, size_t count, std::byte *target) {
  for (int64_t end = at + int64_t(count); at < end;) {
    const std::array<uint32_t, 16> &row = products[size_t(scales[at / mxfp4BlockElements])];
    for (int64_t last = std::min(end, (at / mxfp4BlockElements + 1) * mxfp4BlockElements); at < last;
         ++at, target += sizeof(Int)) {
      uint32_t code = uint32_t(blocks[at / 2]) >> (at % 2 * 4) & 15;
      // Every product is exact in bf16, whose bits are the upper half of f32's.
      Int bits = Int(row[code] >> (32 - 8 * sizeof(Int)));
      std::memcpy(target, &bits, sizeof(Int));
    }
  }
}

} // namespace

void dequantiseMxfp4(const std::byte *blocks, const std::byte *scales, int64_t at, size_t count, bundle::DType type,
                     std::byte *target) {
  (type == bundle::DType::bf16 ? dequantise<uint16_t> : dequantise<uint32_t>)(blocks, scales, at, count, target);
}

} // namespace veomni
