// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a whole is split over ranks, wherever that is up to us.
#ifndef VEOMNI_RUNTIME_COMM_PARTS_H
#define VEOMNI_RUNTIME_COMM_PARTS_H

#include <cstdint>
#include <numeric>
#include <span>

namespace veomni {

/// How many of `whole` elements rank `rank` of `ranks` has: sizes differ by at most one, the larger ones come first.
constexpr int64_t partSize(int64_t whole, int64_t ranks, int64_t rank) {
  return whole / ranks + (rank < whole % ranks);
}
/// Elements of the ranks before it.
constexpr int64_t partStart(int64_t whole, int64_t ranks, int64_t rank) {
  return whole / ranks * rank + (rank < whole % ranks ? rank : whole % ranks);
}

/// Elements of all parts.
inline int64_t totalOf(std::span<const int64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t(0));
}

} // namespace veomni

#endif // VEOMNI_RUNTIME_COMM_PARTS_H
