// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of sparse attention in eager form: sum_heads, select_keys, keep_keys.
#include "Support.h"

#include <algorithm>
#include <limits>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
constexpr double kLowest = std::numeric_limits<float>::lowest();

class ChosenKeys : public OnEachLevel {
protected:
  std::unique_ptr<Library> compile(const std::string &kind, const std::string &operands) {
    return compileAndLoad(kind, operands, "{}", target());
  }
  std::unique_ptr<Library> compileSelect(int64_t count, int64_t stride) {
    return compile(
        "select_keys",
        formatv("read [b, s, 1, t] x f32; read [b, s, 1, t] x f32; write [b, s, {0}] x i32, row_stride = {1}", count,
                stride));
  }
};
ON_EACH_LEVEL(ChosenKeys);

void run(const Library &library, std::vector<const Buffer *> operands, std::vector<int64_t> scalars) {
  runGrid(library.find("kernel"), operands, scalars, {ceilDiv(scalars[0], kRowBlock), 1, 1});
}

/// What select_keys is to write: in order of score, the seen ones only, then sorted by column.
std::vector<int64_t> chosen(const Buffer &scores, const Buffer &mask, int64_t row, size_t count) {
  std::vector<int64_t> order;
  for (int64_t c = 0; c < scores.cols; ++c)
    if (mask.get(row, c) == 0)
      order.push_back(c);
  // What is not a number first, of equal ones the first.
  auto before = [&](int64_t a, int64_t b) {
    double x = scores.get(row, a), y = scores.get(row, b);
    if (std::isnan(x) != std::isnan(y))
      return std::isnan(x);
    return x == y || std::isnan(x) ? a < b : x > y;
  };
  std::sort(order.begin(), order.end(), before);
  order.resize(std::min(order.size(), count));
  std::sort(order.begin(), order.end());
  order.resize(count, -1);
  return order;
}
} // namespace

TEST_P(ChosenKeys, headsAreSummed) {
  int64_t rows = 19;
  for (int64_t heads : {1, 7}) {
    auto library = compile("sum_heads", formatv("read [r, {0}, c] x f32; write [r, 1, c] x f32", heads));
    ASSERT_TRUE(library);
    for (int64_t cols : {1, 8, 37}) {
      auto fixed = compile(
          "sum_heads",
          formatv("read [r, {0}, {1}] x f32, row_rank = 2, row_stride = {2}; write [r, 1, {1}] x f32, row_rank = 2, "
                  "row_stride = {3}",
                  heads, cols, heads * cols + 1, cols + 2));
      ASSERT_TRUE(fixed);
      Buffer x("f32", rows, heads * cols), out("f32", rows, cols), padded("f32", rows, heads * cols, heads * cols + 1),
          fixedOut("f32", rows, cols, cols + 2);
      x.fill(random);
      for (int64_t i = 0; i < rows * heads * cols; ++i)
        padded.set(i / (heads * cols), i % (heads * cols), x.get(i / (heads * cols), i % (heads * cols)));
      auto want = [&](int64_t r, int64_t c) {
        double sum = 0;
        for (int64_t h = 0; h < heads; ++h)
          sum += x.get(r, h * cols + c);
        return sum;
      };
      run(*library, {&x, &out}, {rows, cols});
      run(*fixed, {&padded, &fixedOut}, {rows});
      EXPECT_TRUE(isClose(out, want, 1e-6, 1e-6));
      EXPECT_TRUE(isClose(fixedOut, [&](int64_t r, int64_t c) { return out.get(r, c); }, 0, 0));
      EXPECT_TRUE(out.untouched() && fixedOut.untouched());
    }
  }
}

TEST_P(ChosenKeys, areTheGreatestThatAreSeenInRisingOrder) {
  int64_t rows = 21;
  for (int64_t count : {1, 6, 40}) {
    auto library = compileSelect(count, count + 3);
    ASSERT_TRUE(library);
    for (int64_t keys : {1, 5, 16, 37, 130})
      for (bool ties : {false, true}) {
        Buffer scores("f32", rows, keys), mask("f32", rows, keys), out("i32", rows, count, count + 3);
        scores.fill(random, 3.0);
        for (int64_t i = 0; i < rows * keys; ++i) {
          int64_t r = i / keys, c = i % keys;
          // Row 0 sees nothing, row 1 everything.
          mask.set(r, c, r == 1 || (r != 0 && random() % 4 != 0) ? 0 : kLowest);
          if (ties)
            scores.set(r, c, std::max(0.0, std::round(scores.get(r, c))));
        }
        run(*library, {&scores, &mask, &out}, {rows, keys});
        for (int64_t r = 0; r < rows; ++r) {
          std::vector<int64_t> want = chosen(scores, mask, r, count), got;
          for (int64_t i = 0; i < count; ++i)
            got.push_back(out.getInteger(r, i));
          EXPECT_EQ(got, want) << count << " of " << keys << ", row " << r;
        }
        EXPECT_TRUE(out.untouched());
      }
  }
}

TEST_P(ChosenKeys, orderIsThatOfNumbersOfAllKinds) {
  const std::vector<double> all = {0.0,      -0.0, 1e-40,  -1e-40, INFINITY, -INFINITY, NAN,  -NAN, kLowest,
                                   -kLowest, -1.0, -1.001, 1.0,    1.001,    0.0,       -0.0, NAN,  1e-45};
  int64_t keys = all.size();
  for (int64_t count = 1; count <= keys; ++count) {
    auto library = compileSelect(count, count);
    ASSERT_TRUE(library);
    Buffer scores("f32", 1, keys), mask("f32", 1, keys), out("i32", 1, count);
    for (int64_t c = 0; c < keys; ++c)
      scores.set(0, c, all[c]), mask.set(0, c, 0);
    run(*library, {&scores, &mask, &out}, {1, keys});
    std::vector<int64_t> want = chosen(scores, mask, 0, count);
    for (int64_t i = 0; i < count; ++i)
      EXPECT_EQ(out.getInteger(0, i), want[i]) << count;
  }
}

TEST_P(ChosenKeys, manyOfMany) {
  int64_t keys = 5000, count = 2048, rows = 3;
  auto library = compileSelect(2048, 2048);
  ASSERT_TRUE(library);
  Buffer scores("f32", rows, keys), mask("f32", rows, keys), out("i32", rows, count);
  scores.fill(random), mask.fill(random);
  for (int64_t i = 0; i < rows * keys; ++i)
    mask.set(i / keys, i % keys, i % keys <= 4000 ? 0 : kLowest);
  run(*library, {&scores, &mask, &out}, {rows, keys});
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<int64_t> want = chosen(scores, mask, r, count);
    for (int64_t i = 0; i < count; ++i)
      ASSERT_EQ(out.getInteger(r, i), want[i]);
  }
}

TEST_P(ChosenKeys, othersAreHidden) {
  int64_t rows = 18, keys = 37, count = 6;
  auto library =
      compile("keep_keys", "read [b, s, 1, t] x f32; read [b, s, 6] x i32, row_stride = 8; write [b, s, 1, t] x f32");
  ASSERT_TRUE(library);
  Buffer mask("f32", rows, keys), indices("i32", rows, count, 8), out("f32", rows, keys);
  mask.fill(random);
  const int64_t strange[] = {-1, keys, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  for (int64_t i = 0; i < rows * count; ++i)
    indices.setInteger(i / count, i % count, i % 3 == 0 ? strange[i / 3 % 4] : random() % keys);
  run(*library, {&mask, &indices, &out}, {rows, keys});
  auto want = [&](int64_t r, int64_t c) {
    for (int64_t i = 0; i < count; ++i)
      if (indices.getInteger(r, i) == c)
        return mask.get(r, c);
    return kLowest;
  };
  EXPECT_TRUE(isClose(out, want, 0, 0));
  EXPECT_TRUE(out.untouched());
}
