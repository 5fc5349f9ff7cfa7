// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A block of elements at a time, so that sums stay in the first-level cache while the parts go by.
#include "comm/Reduce.h"

#include "checkpoint/Convert.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace veomni::comm {
namespace {

using bundle::DType;

constexpr int64_t blockSize = 1024;

template <typename T> void add(Reduction reduction, const T *part, T *sums, int64_t count) {
  if (reduction == Reduction::sum) {
    for (int64_t i = 0; i < count; ++i)
      if constexpr (std::is_integral_v<T>)
        sums[i] = T(std::make_unsigned_t<T>(sums[i]) + std::make_unsigned_t<T>(part[i])); // wraps
      else
        sums[i] += part[i];
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    sums[i] = sums[i] >= part[i] || sums[i] != sums[i] ? sums[i] : part[i];
}

/// Elements of `type` in memory, reduced as `T`.
template <typename T>
void reduceAs(DType type, DType wide, Reduction reduction, std::span<const std::byte *const> parts, int64_t count,
              std::byte *out) {
  const Conversion widen(type, type == wide ? std::vector<DType>() : std::vector{wide}),
      narrow(wide, type == wide ? std::vector<DType>() : std::vector{type});
  const int64_t size = int64_t(elementBytes(type));
  alignas(64) std::array<T, size_t(blockSize)> sums, part;
  for (int64_t begin = 0; begin < count; begin += blockSize) {
    const auto length = size_t(std::min(blockSize, count - begin));
    auto read = [&](size_t rank, T *target) {
      widen.run(parts[rank] + begin * size, reinterpret_cast<std::byte *>(target), length);
    };
    read(0, sums.data());
    for (size_t rank = 1; rank < parts.size(); ++rank) {
      read(rank, part.data());
      add(reduction, part.data(), sums.data(), int64_t(length));
    }
    narrow.run(reinterpret_cast<const std::byte *>(sums.data()), out + begin * size, length);
  }
}

} // namespace

bool canReduce(DType type) {
  switch (type) {
  case DType::f32:
  case DType::bf16:
  case DType::f16:
  case DType::f64:
  case DType::i64:
  case DType::i32:
    return true;
  default:
    return false;
  }
}

void reduce(DType type, Reduction reduction, std::span<const std::byte *const> parts, int64_t count, std::byte *out) {
  switch (type) {
  case DType::f32:
  case DType::bf16:
  case DType::f16:
    return reduceAs<float>(type, DType::f32, reduction, parts, count, out);
  case DType::f64:
    return reduceAs<double>(type, type, reduction, parts, count, out);
  case DType::i64:
    return reduceAs<int64_t>(type, type, reduction, parts, count, out);
  case DType::i32:
    return reduceAs<int32_t>(type, type, reduction, parts, count, out);
  default:
    return;
  }
}

} // namespace veomni::comm
