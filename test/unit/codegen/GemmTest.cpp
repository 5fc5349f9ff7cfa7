// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products against a plain computation in double.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;

namespace {
struct Case {
  std::string a = "f32", w = "f32", c = "f32";
  int64_t n, k;
  bool bias = false, dot = false;

  std::string attributes(int64_t group) const {
    return llvm::formatv("{{group = {0}{1}}", group, dot ? ", bf16_dot = true" : "");
  }
};

class Gemm : public OnEachLevel {
protected:
  void check(const Case &t, std::vector<int64_t> rowCounts, int64_t group = 2) {
    int64_t lda = t.k + 5, ldc = t.n + 3;
    auto library = compileAndLoad(
        "gemm",
        llvm::formatv("read [r, {1}] x {4}, row_stride = {2}; read [{0}, {1}] x {5}, {8}; {7} write [r, {0}] x {6}, "
                      "row_stride = {3}",
                      t.n, t.k, lda, ldc, t.a, t.w, t.c,
                      t.bias ? llvm::formatv("read [{0}] x {1};", t.n, t.w).str() : "", tiles(t.w)),
        t.attributes(group), target());
    ASSERT_TRUE(library);
    Buffer w(t.w, t.n, t.k), bias(t.w, 1, t.n);
    w.fill(random), bias.fill(random);
    Buffer packed = pack(w);
    for (int64_t rows : rowCounts) {
      Buffer a(t.a, rows, t.k, lda), c(t.c, rows, t.n, ldc);
      a.fill(random);
      std::vector<const Buffer *> operands{&a, &packed};
      if (t.bias)
        operands.push_back(&bias);
      operands.push_back(&c);
      runGrid(library->find("kernel"), operands, {rows},
              {ceilDiv(rows, kGemmRows), ceilDiv(ceilDiv(t.n, 32), group), 1});
      auto want = [&](int64_t row, int64_t col) {
        double sum = t.bias ? bias.get(0, col) : 0.0;
        for (int64_t i = 0; i < t.k; ++i)
          sum += (t.dot ? roundBf16(a.get(row, i)) : a.get(row, i)) * w.get(col, i);
        return sum;
      };
      EXPECT_TRUE(isClose(c, want, t.c == "bf16" ? 4e-3 : 0, 3e-7 * t.k + 1e-6))
          << t.a << " x " << t.w << " -> " << t.c << ", " << rows << " rows, n = " << t.n << ", k = " << t.k;
      EXPECT_TRUE(c.untouched());
    }
  }
};
ON_EACH_LEVEL(Gemm);

std::vector<Case> typesFor(const Target &target) {
  std::vector<Case> types = {{"f32", "f32", "f32", 0, 0},
                             {"f32", "bf16", "f32", 0, 0},
                             {"bf16", "bf16", "bf16", 0, 0},
                             {"bf16", "bf16", "f32", 0, 0},
                             {"bf16", "f32", "bf16", 0, 0}};
  if (target.bf16Dot)
    types.push_back({"f32", "bf16", "f32", 0, 0, false, /*dot=*/true});
  return types;
}
} // namespace

TEST_P(Gemm, everyRowCountMeetsEveryTile) {
  std::vector<int64_t> rows;
  for (int64_t i = 1; i <= 40; ++i)
    rows.push_back(i);
  for (Case t : typesFor(target())) {
    t.n = 151, t.k = 108, t.bias = true;
    check(t, rows, 5);
  }
}

TEST_P(Gemm, anyInnerAndOuterSize) {
  for (Case t : typesFor(target()))
    for (auto [n, k] : {std::pair(1, 1), {20, 3}, {32, 7}, {33, 64}, {48, 65}, {64, 66}, {100, 31}}) {
      t.n = n, t.k = k, t.bias = k % 2;
      check(t, {1, 2, 3, 17, 31});
    }
}

TEST_P(Gemm, rowsOfSeveralWorkgroups) {
  for (Case t : typesFor(target())) {
    t.n = 40, t.k = 24;
    check(t, {516, 517, 1040}, 1);
  }
}

TEST_P(Gemm, longInnerSizesAreBlocked) {
  for (Case t : typesFor(target())) {
    t.n = 40, t.bias = true;
    for (int64_t k : {6149, 14337}) {
      t.k = k;
      check(t, {1, 3, 29}, 2);
    }
  }
}

TEST_P(Gemm, aRowIsTheSameInEveryTile) {
  // What sequence parallelism promises: a row's result does not depend on the rows around it.
  for (Case t : typesFor(target())) {
    int64_t n = 72, k = 3077, rows = 37;
    auto library = compileAndLoad("gemm",
                                  llvm::formatv("read [r, {1}] x {2}; read [{0}, {1}] x {3}, {4}; write [r, {0}] x f32",
                                                n, k, t.a, t.w, tiles(t.w)),
                                  t.attributes(/*group=*/2), target());
    ASSERT_TRUE(library);
    Buffer w(t.w, n, k), a(t.a, rows, k), c("f32", rows, n);
    Buffer packed = pack(w.fill(random));
    a.fill(random);
    runGrid(library->find("kernel"), {&a, &packed, &c}, {rows}, {1, 2, 1});
    for (int64_t count : {1, 2, 5, 16}) {
      Buffer few(t.a, count, k), out("f32", count, n);
      for (int64_t row = 0; row < count; ++row)
        for (int64_t i = 0; i < k; ++i)
          few.set(row, i, a.get(rows - count + row, i));
      runGrid(library->find("kernel"), {&few, &packed, &out}, {count}, {1, 2, 1});
      EXPECT_TRUE(isClose(
          out, [&](int64_t row, int64_t col) { return c.get(rows - count + row, col); }, 0, 0))
          << t.a << " x " << t.w;
    }
  }
}

TEST_P(Gemm, oneOfSeveralExpertsOverCountedRows) {
  for (Case t : typesFor(target())) {
    t.bias = t.a == t.w; // each expert its own
    int64_t n = 50, k = 33, experts = 3, rows = 530;
    auto library = compileAndLoad(
        "expert_gemm",
        llvm::formatv("read [r, {1}] x {2}; read [{5}, {0}, {1}] x {3}, {7}; {6} read [1] x i32; "
                      "write [r, {0}] x {4}",
                      n, k, t.a, t.w, t.c, experts,
                      t.bias ? llvm::formatv("read [{0}, {1}] x {2};", experts, n, t.w).str() : "", tiles(t.w)),
        "{group = 1}", target());
    ASSERT_TRUE(library);
    Buffer a(t.a, rows, k), count("i32", 1, 1), biases(t.w, experts, n);
    a.fill(random), biases.fill(random);
    std::vector<Buffer> weights;
    Buffer all(t.w, 1, experts * 2 * 32 * (t.w == "bf16" ? k + 1 : k));
    for (int64_t expert = 0; expert < experts; ++expert) {
      weights.emplace_back(t.w, n, k).fill(random);
      Buffer packed = pack(weights.back());
      for (int64_t i = 0; i < all.cols / experts; ++i)
        all.set(0, expert * (all.cols / experts) + i, packed.get(0, i));
    }
    for (int64_t used : {0, 1, 20, 518})
      for (int64_t expert = 0; expert < experts; ++expert) {
        Buffer c(t.c, rows, n);
        count.setInteger(0, 0, used);
        std::vector<const Buffer *> operands{&a, &all, &count, &c};
        if (t.bias)
          operands.insert(operands.begin() + 2, &biases);
        runGrid(library->find("kernel"), operands, {rows, expert}, {2, 2, 1});
        double untouched = c.isBf16() ? fromBf16(0xA5A5) : std::bit_cast<float>(0xA5A5A5A5);
        auto want = [&](int64_t row, int64_t col) {
          if (row >= used)
            return untouched;
          double sum = t.bias ? biases.get(expert, col) : 0;
          for (int64_t i = 0; i < k; ++i)
            sum += a.get(row, i) * weights[expert].get(col, i);
          return sum;
        };
        EXPECT_TRUE(isClose(c, want, t.c == "bf16" ? 4e-3 : 0, 1e-5)) << t.a << " x " << t.w << ", " << used << " rows";
      }
  }
}
