// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer arithmetic wherever a float might be subnormal: threads that run kernels treat those as zero.
#include "Convert.h"

#include "veomni/runtime/ElementType.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace veomni {
namespace {

using bundle::DType;

template <DType type> struct Bits;
template <> struct Bits<DType::f32> {
  using Int = uint32_t;
  static constexpr int mantissa = 23, bias = 127;
};
template <> struct Bits<DType::bf16> {
  using Int = uint16_t;
  static constexpr int mantissa = 7, bias = 127;
};
template <> struct Bits<DType::f16> {
  using Int = uint16_t;
  static constexpr int mantissa = 10, bias = 15;
};
template <> struct Bits<DType::f64> {
  using Int = uint64_t;
  static constexpr int mantissa = 52, bias = 1023;
};

uint32_t widen(uint16_t bits, std::integral_constant<DType, DType::bf16>) { return uint32_t(bits) << 16; }

uint32_t widen(uint16_t bits, std::integral_constant<DType, DType::f16>) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  // A subnormal f16 is a normal f32.
  uint32_t subnormal = std::bit_cast<uint32_t>(float(int32_t(magnitude)) * 0x1p-24f);
  uint32_t normal = (magnitude << 13) + ((127 - 15) << 23);
  uint32_t special = (magnitude << 13) | 0x7f800000;
  return sign | (magnitude < 0x400 ? subnormal : magnitude < 0x7c00 ? normal : special);
}

uint16_t narrow(uint32_t bits, std::integral_constant<DType, DType::bf16>) {
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  // Rounding must not turn a NaN into infinity.
  uint32_t nan = (bits >> 16) | 0x40;
  return uint16_t((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

uint16_t narrow(uint32_t bits, std::integral_constant<DType, DType::f16>) {
  uint32_t sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7fffffff;
  // Adding 0.5 leaves what f16 has below 2^-14 in the last bits, rounded.
  uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - std::bit_cast<uint32_t>(0.5f);
  uint32_t normal = (magnitude - ((127 - 15) << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  uint32_t nan = 0x7e00 | ((magnitude >> 13) & 0x3ff);
  uint32_t result = magnitude > 0x7f800000 ? nan
                    : magnitude >= 0x47800000
                        ? 0x7c00 // 2^16 and more; what rounds up to it carries into the exponent by itself
                    : magnitude < 0x38800000 ? subnormal
                                             : normal;
  return uint16_t(sign | result);
}

uint64_t widenToDouble(uint32_t bits) {
  uint64_t sign = uint64_t(bits >> 31) << 63;
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude < 0x00800000)
    return sign | std::bit_cast<uint64_t>(double(magnitude) * 0x1p-149);
  uint64_t wide = uint64_t(magnitude) << 29;
  return sign | (magnitude < 0x7f800000 ? wide + (uint64_t(1023 - 127) << 52) : wide | uint64_t(0x7ff) << 52);
}

/// Rounds once, straight to the narrow type.
template <DType to> typename Bits<to>::Int narrowDouble(uint64_t bits) {
  using Int = typename Bits<to>::Int;
  constexpr int mantissa = Bits<to>::mantissa, bias = Bits<to>::bias, drop = 52 - mantissa;
  constexpr uint64_t infinity = uint64_t(2 * bias + 1) << mantissa;
  uint64_t sign = (bits >> 63) << (8 * sizeof(Int) - 1), magnitude = bits & ~(uint64_t(1) << 63);
  if (magnitude > uint64_t(0x7ff) << 52)
    return Int(sign | infinity | uint64_t(1) << (mantissa - 1) |
               ((magnitude >> drop) & ((uint64_t(1) << mantissa) - 1)));
  int exponent = int(magnitude >> 52) - 1023 + bias;
  if (exponent > 2 * bias)
    return Int(sign | infinity);
  // The significand with its leading one, shifted further for a subnormal result.
  uint64_t significand = (magnitude & ((uint64_t(1) << 52) - 1)) | uint64_t(1) << 52;
  int shift = drop + (exponent > 0 ? 0 : 1 - exponent);
  if (shift > 54)
    return Int(sign);
  uint64_t kept = significand >> shift, rest = significand & ((uint64_t(1) << shift) - 1),
           half = uint64_t(1) << (shift - 1);
  kept += rest > half || (rest == half && (kept & 1));
  // A normal result's leading one counts as one in the exponent, so carries need no care.
  return Int(sign | (kept + (exponent > 0 ? uint64_t(exponent - 1) << mantissa : 0)));
}

template <DType from, DType to> typename Bits<to>::Int convert(typename Bits<from>::Int bits) {
  if constexpr (from == DType::f64) {
    return narrowDouble<to>(bits);
  } else {
    uint32_t single;
    if constexpr (from == DType::f32)
      single = bits;
    else
      single = widen(bits, std::integral_constant<DType, from>());
    if constexpr (to == DType::f32)
      return single;
    else if constexpr (to == DType::f64)
      return widenToDouble(single);
    else
      return narrow(single, std::integral_constant<DType, to>());
  }
}

template <DType from, DType to>
void convertRun(const std::byte *__restrict source, std::byte *__restrict target, size_t count) {
  using Source = typename Bits<from>::Int;
  using Target = typename Bits<to>::Int;
  for (size_t i = 0; i < count; ++i) {
    Source bits;
    std::memcpy(&bits, source + i * sizeof(Source), sizeof(Source));
    Target result = convert<from, to>(bits);
    std::memcpy(target + i * sizeof(Target), &result, sizeof(Target));
  }
}

template <DType from> ConvertRun converterFrom(DType to) {
  switch (to) {
  case DType::f32:
    return convertRun<from, DType::f32>;
  case DType::bf16:
    return convertRun<from, DType::bf16>;
  case DType::f16:
    return convertRun<from, DType::f16>;
  case DType::f64:
    return convertRun<from, DType::f64>;
  default:
    return nullptr;
  }
}

} // namespace

ConvertRun converter(DType from, DType to) {
  switch (from) {
  case DType::f32:
    return converterFrom<DType::f32>(to);
  case DType::bf16:
    return converterFrom<DType::bf16>(to);
  case DType::f16:
    return converterFrom<DType::f16>(to);
  case DType::f64:
    return converterFrom<DType::f64>(to);
  default:
    return nullptr;
  }
}

size_t elementBytes(DType type) { return elementBits(fileType(type)) / 8; }

Conversion::Conversion(DType from, const std::vector<DType> &to)
    : sourceSize_(elementBytes(from)), targetSize_(sourceSize_) {
  for (DType next : to) {
    if (next != from)
      steps_.push_back(converter(from, next));
    from = next;
  }
  targetSize_ = elementBytes(from);
}

void Conversion::run(const std::byte *source, std::byte *target, size_t count) const {
  if (count == 0)
    return; // memory of nothing may be nowhere
  if (steps_.empty()) {
    std::memcpy(target, source, count * sourceSize_);
    return;
  }
  if (steps_.size() == 1)
    return steps_.front()(source, target, count);
  constexpr size_t block = 256;
  std::byte buffers[2][block * sizeof(uint64_t)];
  for (size_t i = 0; i < count; i += block) {
    size_t length = std::min(block, count - i);
    const std::byte *input = source + i * sourceSize_;
    for (size_t step = 0; step < steps_.size(); ++step) {
      std::byte *output = step + 1 == steps_.size() ? target + i * targetSize_ : buffers[step % 2];
      steps_[step](input, output, length);
      input = output;
    }
  }
}

} // namespace veomni
