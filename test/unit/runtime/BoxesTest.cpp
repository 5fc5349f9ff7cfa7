// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies between arrays of different strides, against an element at a time.
#include "core/Boxes.h"

#include "comm/Parts.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace veomni {
namespace {

TEST(Parts, DifferByAtMostOneAndMakeTheWhole) {
  for (int64_t whole = 0; whole < 20; ++whole)
    for (int64_t ranks = 1; ranks < 6; ++ranks) {
      int64_t start = 0;
      for (int64_t rank = 0; rank < ranks; ++rank) {
        EXPECT_EQ(partStart(whole, ranks, rank), start) << whole << " over " << ranks;
        EXPECT_GE(partSize(whole, ranks, rank), whole / ranks);
        EXPECT_LE(partSize(whole, ranks, rank), whole / ranks + 1);
        start += partSize(whole, ranks, rank);
      }
      EXPECT_EQ(start, whole);
    }
  EXPECT_EQ(partSize(7, 2, 0), 4); // the first ranks have one more
}

/// An array [2, 3, 4] of i32 whose rows [3, 4] start 16 elements apart, in the order of its elements.
struct Padded {
  std::vector<int32_t> memory = std::vector<int32_t>(32, -1);
  Box box{reinterpret_cast<std::byte *>(memory.data()), {2, 3, 4}, {64, 16, 4}};

  int32_t &at(int64_t i, int64_t j, int64_t k) { return memory[size_t(i * 16 + j * 4 + k)]; }
  Padded() {
    for (int64_t i = 0, next = 0; i < 2; ++i)
      for (int64_t j = 0; j < 3; ++j)
        for (int64_t k = 0; k < 4; ++k)
          at(i, j, k) = int32_t(next++);
  }
};

TEST(Boxes, EveryPartOfEveryDimIsCopiedBothWays) {
  for (size_t dim = 0; dim < 3; ++dim)
    for (int64_t start = 0; start <= Padded().box.sizes[dim]; ++start)
      for (int64_t size = 0; start + size <= Padded().box.sizes[dim]; ++size) {
        Padded array;
        const Box part = array.box.part(dim, start, size);
        std::vector<int32_t> packed(size_t(part.elements()), -2), expected;
        copyBox(part, Box::dense(packed.data(), part.sizes, 4), 4);
        for (int64_t i = 0; i < 2; ++i)
          for (int64_t j = 0; j < 3; ++j)
            for (int64_t k = 0; k < 4; ++k)
              if (const int64_t index = dim == 0 ? i : dim == 1 ? j : k; index >= start && index < start + size)
                expected.push_back(array.at(i, j, k));
        EXPECT_EQ(packed, expected) << "dim " << dim << " [" << start << ", " << start + size << ")";

        Padded target;
        std::fill(target.memory.begin(), target.memory.end(), -3);
        copyBox(Box::dense(packed.data(), part.sizes, 4), target.box.part(dim, start, size), 4);
        int64_t written = 0;
        for (int64_t i = 0; i < 2; ++i)
          for (int64_t j = 0; j < 3; ++j)
            for (int64_t k = 0; k < 4; ++k)
              if (const int64_t index = dim == 0 ? i : dim == 1 ? j : k; index >= start && index < start + size) {
                EXPECT_EQ(target.at(i, j, k), array.at(i, j, k));
                ++written;
              }
        EXPECT_EQ(std::ranges::count(target.memory, -3), 32 - written); // and nothing else
      }
}

TEST(Boxes, AScalarIsOneElement) {
  int64_t from = 7, to = 0;
  copyBox(Box::dense(&from, {}, 8), Box::dense(&to, {}, 8), 8);
  EXPECT_EQ(to, 7);
}

} // namespace
} // namespace veomni
