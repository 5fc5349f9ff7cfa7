// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of boxes: the same range of dims in two arrays that lie in memory differently, as what ranks send one another
// lies dense and what kernels read has gaps between rows.
#ifndef VEOMNI_RUNTIME_CORE_BOXES_H
#define VEOMNI_RUNTIME_CORE_BOXES_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace veomni {

/// An array in memory: the sizes of its dims, and how many bytes apart two neighbours of each dim are.
struct Box {
  std::byte *data;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;

  /// Row-major without gaps.
  static Box dense(void *data, std::span<const int64_t> sizes, int64_t elementBytes);
  /// The range [start, start + size) of one dim.
  Box part(size_t dim, int64_t start, int64_t size) const;
  int64_t elements() const;
  /// Whether its elements lie row-major without gaps.
  bool isDense(int64_t elementBytes) const;
};

/// Copies `from` to `to`, which has the same sizes and does not overlap it. Elements are `elementBytes` large.
void copyBox(const Box &from, const Box &to, int64_t elementBytes);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_BOXES_H
