// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of the fused experts: sort, grouped gemm, sum.
#include "Support.h"

#include <algorithm>
#include <numeric>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class GroupedGemm : public OnEachLevel {
protected:
  /// `topK` different experts for each row; `skew` is the share of rows whose first choice is expert 0.
  Buffer choose(int64_t rows, int64_t experts, int64_t topK, double skew) {
    Buffer chosen("i32", rows, topK, topK + 1);
    std::vector<int64_t> all(experts);
    std::iota(all.begin(), all.end(), 0);
    for (int64_t row = 0; row < rows; ++row) {
      std::shuffle(all.begin(), all.end(), random);
      if (std::uniform_real_distribution<>(0, 1)(random) < skew)
        std::iter_swap(all.begin(), std::find(all.begin(), all.end(), 0));
      for (int64_t i = 0; i < topK; ++i)
        chosen.setInteger(row, i, all[i]);
    }
    return chosen;
  }

  /// Sorts with the kernel and checks against std::sort.
  void sort(const Buffer &chosen, int64_t experts, Buffer &routes, Buffer &places, Buffer &offsets) {
    int64_t rows = chosen.rows, topK = chosen.cols;
    auto library =
        compileAndLoad("expert_sort",
                       formatv("read [{0}, {1}] x i32, row_stride = {2}; write [{3}] x i32; write [{0}, {1}] x i32, "
                               "row_stride = {4}; write [{5}] x i32",
                               rows, topK, chosen.stride, rows * topK, places.stride, experts + 1),
                       "{}", target());
    ASSERT_TRUE(library);
    runGrid(library->find("kernel"), {&chosen, &routes, &places, &offsets}, {rows}, {1, 1, 1});
    auto expertOf = [&](int64_t route) { return chosen.getInteger(route / topK, route % topK); };
    std::vector<int64_t> order(rows * topK);
    std::iota(order.begin(), order.end(), 0);
    // A total order: of one expert's routes the earlier one comes first.
    std::sort(order.begin(), order.end(),
              [&](int64_t a, int64_t b) { return std::pair(expertOf(a), a) < std::pair(expertOf(b), b); });
    std::vector<std::vector<int64_t>> placesOf(rows);
    for (int64_t i = 0; i < rows * topK; ++i) {
      EXPECT_EQ(routes.getInteger(i, 0), order[i]) << i;
      placesOf[order[i] / topK].push_back(i);
    }
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < topK; ++i)
        EXPECT_EQ(places.getInteger(row, i), placesOf[row][i]) << row << ", " << i;
    for (int64_t e = 0; e <= experts; ++e)
      EXPECT_EQ(offsets.getInteger(e, 0),
                std::count_if(order.begin(), order.end(), [&](int64_t route) { return expertOf(route) < e; }));
    EXPECT_TRUE(routes.untouched());
    EXPECT_TRUE(places.untouched());
    EXPECT_TRUE(offsets.untouched());
  }
};
ON_EACH_LEVEL(GroupedGemm);
} // namespace

TEST_P(GroupedGemm, sortIsStable) {
  for (auto [rows, experts, topK, skew] :
       {std::tuple(1, 1, 1, 0.0), {1, 8, 8, 0.0}, {37, 5, 3, 0.5}, {300, 256, 8, 0.1}, {64, 20, 17, 1.0}}) {
    Buffer routes("i32", rows * topK, 1), places("i32", rows, topK, topK + 2), offsets("i32", experts + 1, 1);
    sort(choose(rows, experts, topK, skew), experts, routes, places, offsets);
  }
}

TEST_P(GroupedGemm, everyRowMeetsItsExpert) {
  struct Types {
    std::string a, w, c;
    bool dot;
  };
  std::vector<Types> types{
      {"f32", "f32", "f32", false}, {"f32", "bf16", "f32", false}, {"bf16", "bf16", "bf16", false}};
  if (target().bf16Dot)
    types.push_back({"f32", "bf16", "f32", true});
  for (const Types &t : types)
    for (auto [rows, experts, topK, n, k, skew] : {std::tuple(1, 4, 2, 40, 33, 0.0),
                                                   {29, 7, 3, 72, 30, 0.0},
                                                   {260, 3, 2, 33, 17, 1.0},
                                                   {90, 64, 4, 32, 8, 0.3},
                                                   {6, 3, 1, 40, 6149, 0.0}})
      for (bool gathered : {false, true}) {
        bool bias = gathered; // each expert its own
        int64_t total = rows * topK, group = 1, lda = k + 3, ldc = n + 1;
        Buffer routes("i32", total, 1), places("i32", rows, topK), offsets("i32", experts + 1, 1);
        sort(choose(rows, experts, topK, skew), experts, routes, places, offsets);
        auto library = compileAndLoad(
            "grouped_gemm",
            formatv("read [{8}, {1}] x {4}, row_stride = {2}; read [{7}, {0}, {1}] x {5}, {13}; {9} read [{10}] x i32; "
                    "{11} write [{12}, {0}] x {6}, row_stride = {3}",
                    n, k, lda, ldc, t.a, t.w, t.c, experts, gathered ? rows : total,
                    bias ? formatv("read [{0}, {1}] x {2};", experts, n, t.w).str() : "", experts + 1,
                    gathered ? formatv("read [{0}] x i32;", total).str() : "", total, tiles(t.w)),
            formatv("{{group = {0}{1}{2}}", group, gathered ? formatv(", top_k = {0}", topK).str() : "",
                    t.dot ? ", bf16_dot = true" : ""),
            target());
        ASSERT_TRUE(library);
        Buffer a(t.a, gathered ? rows : total, k, lda), c(t.c, total, n, ldc), biases(t.w, experts, n);
        a.fill(random), biases.fill(random);
        std::vector<Buffer> weights;
        Buffer all(t.w, 1, experts * ceilDiv(n, 32) * 32 * (t.w == "bf16" ? (k + 1) / 2 * 2 : k));
        for (int64_t expert = 0; expert < experts; ++expert) {
          weights.emplace_back(t.w, n, k).fill(random);
          Buffer packed = pack(weights.back());
          for (int64_t i = 0; i < all.cols / experts; ++i)
            all.set(0, expert * (all.cols / experts) + i, packed.get(0, i));
        }
        std::vector<const Buffer *> operands{&a, &all};
        if (bias)
          operands.push_back(&biases);
        operands.push_back(&offsets);
        if (gathered)
          operands.push_back(&routes);
        operands.push_back(&c);
        runGrid(library->find("kernel"), operands, {total}, {ceilDiv(total, kGemmRows), ceilDiv(n, 32), 1});
        int64_t expert = 0;
        auto want = [&](int64_t row, int64_t col) {
          for (expert = 0; row >= offsets.getInteger(expert + 1, 0);)
            ++expert;
          int64_t source = gathered ? routes.getInteger(row, 0) / topK : row;
          double sum = bias ? biases.get(expert, col) : 0;
          for (int64_t i = 0; i < k; ++i)
            sum += (t.dot ? roundBf16(a.get(source, i)) : a.get(source, i)) * weights[expert].get(col, i);
          return sum;
        };
        EXPECT_TRUE(isClose(c, want, t.c == "bf16" ? 4e-3 : 0, 3e-7 * k + 1e-6))
            << t.a << " x " << t.w << ", " << rows << " rows";
        EXPECT_TRUE(c.untouched());
      }
}

TEST_P(GroupedGemm, sumsInOrderOfTheExperts) {
  for (std::string type : {"f32", "bf16"})
    for (auto [rows, experts, topK, cols] : {std::tuple(1, 1, 1, 1), {19, 6, 3, 130}, {33, 40, 8, 257}}) {
      Buffer routes("i32", rows * topK, 1), places("i32", rows, topK), offsets("i32", experts + 1, 1);
      sort(choose(rows, experts, topK, 0.2), experts, routes, places, offsets);
      auto library =
          compileAndLoad("expert_sum",
                         formatv("read [{6}, {0}] x {5}, row_stride = {2}; read [{6}] x i32; read [{7}, {1}] x i32; "
                                 "read [{7}, {1}] x f32, row_stride = {3}; write [{7}, {0}] x {5}, row_stride = {4}",
                                 cols, topK, cols + 1, topK + 1, cols + 2, type, rows * topK, rows),
                         "{}", target());
      ASSERT_TRUE(library);
      Buffer x(type, rows * topK, cols, cols + 1), weights("f32", rows, topK, topK + 1),
          out(type, rows, cols, cols + 2);
      x.fill(random), weights.fill(random);
      runGrid(library->find("kernel"), {&x, &routes, &places, &weights, &out}, {rows},
              {ceilDiv(rows, kRowBlock), 1, 1});
      auto want = [&](int64_t row, int64_t col) {
        float sum = 0;
        for (int64_t i = 0; i < topK; ++i) {
          int64_t place = places.getInteger(row, i);
          sum = std::fma(float(weights.get(row, routes.getInteger(place, 0) % topK)), float(x.get(place, col)), sum);
        }
        return type == "bf16" ? roundBf16(sum) : double(sum);
      };
      EXPECT_TRUE(isClose(out, want, 0, 0));
      EXPECT_TRUE(out.untouched());
    }
}
