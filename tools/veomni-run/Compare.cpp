// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compares the outputs of a run with expected ones.
#include "Compare.h"

#include "checkpoint/Fp8.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

namespace veomni {

template <typename T> static T load(const Tensor &tensor, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const std::byte *>(tensor.data) + index * int64_t(sizeof value), sizeof value);
  return value;
}

static double halfToDouble(uint16_t bits) {
  int exponent = bits >> 10 & 31;
  double fraction = bits & 1023, magnitude = 0;
  if (exponent == 31)
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else
    magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

double elementAt(const Tensor &tensor, int64_t index) {
  switch (tensor.dtype) {
  case bundle::DType::f32:
    return load<float>(tensor, index);
  case bundle::DType::bf16:
    return std::bit_cast<float>(uint32_t(load<uint16_t>(tensor, index)) << 16);
  case bundle::DType::f16:
    return halfToDouble(load<uint16_t>(tensor, index));
  case bundle::DType::f64:
    return load<double>(tensor, index);
  case bundle::DType::i64:
    return double(load<int64_t>(tensor, index));
  case bundle::DType::i32:
    return load<int32_t>(tensor, index);
  case bundle::DType::i8:
    return load<int8_t>(tensor, index);
  case bundle::DType::u8:
  case bundle::DType::boolean:
    return load<uint8_t>(tensor, index);
  case bundle::DType::f8_e4m3:
    return fp8Number(load<uint8_t>(tensor, index));
  }
  return 0;
}

Difference compare(const Tensor &found, const Tensor &expected, const Tensor *mask) {
  int64_t count = elementCount(found.shape), positions = 1, width = count;
  // A mask of one row may come without its leading dimension.
  std::vector<int64_t> tokens = mask ? mask->shape : std::vector<int64_t>();
  if (tokens.size() == 1)
    tokens.insert(tokens.begin(), 1);
  bool masked =
      tokens.size() == 2 && found.shape.size() >= 2 && std::equal(tokens.begin(), tokens.end(), found.shape.begin());
  if (masked) {
    positions = elementCount(tokens);
    width = positions ? count / positions : 0;
  }
  Difference difference;
  for (int64_t p = 0; p < positions; ++p) {
    if (masked && elementAt(*mask, p) == 0)
      continue;
    for (int64_t i = p * width; i < (p + 1) * width; ++i) {
      double a = elementAt(found, i), b = elementAt(expected, i);
      // Infinities of one sign are equal, and so, here, are two that are not numbers.
      bool same = a == b || (std::isnan(a) && std::isnan(b));
      double apart = same ? 0 : std::abs(a - b);
      difference.maxAbsolute =
          std::max(difference.maxAbsolute, std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart);
      if (std::isfinite(b))
        difference.maxExpected = std::max(difference.maxExpected, std::abs(b));
      ++difference.compared;
    }
  }
  return difference;
}

} // namespace veomni
