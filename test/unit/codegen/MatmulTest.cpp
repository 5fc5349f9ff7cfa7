// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of two activations against sums in f64.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class Matmul : public OnEachLevel {};
ON_EACH_LEVEL(Matmul);

/// Rows of a block of matrices, one after the other.
struct Matrices {
  Matrices(const std::string &type, int64_t batch, int64_t rows, int64_t columns, int64_t stride = 0)
      : rows(rows), buffer(type, batch * rows, columns, stride) {}
  double get(int64_t matrix, int64_t row, int64_t column) const { return buffer.get(matrix * rows + row, column); }

  int64_t rows;
  Buffer buffer;
};

struct Sizes {
  int64_t batch, m, n, k;
};

/// Runs the kernel and compares. Buffers hold NaN around the numbers.
void check(veomni_kernel_fn kernel, const Sizes &s, bool ta, bool tb, Matrices &a, Matrices &b, Matrices &out,
           std::mt19937 &random, const std::string &what) {
  a.buffer.fill(random), b.buffer.fill(random);
  runGrid(kernel, {&a.buffer, &b.buffer, &out.buffer}, {s.batch, s.m, s.n, s.k},
          {s.batch, ceilDiv(s.m, 192), ceilDiv(s.n, 64)});
  double magnitude = 0;
  auto want = [&](int64_t row, int64_t column) {
    int64_t matrix = row / s.m, i = row % s.m;
    double sum = 0;
    for (int64_t k = 0; k < s.k; ++k)
      sum +=
          (ta ? a.get(matrix, k, i) : a.get(matrix, i, k)) * (tb ? b.get(matrix, column, k) : b.get(matrix, k, column));
    magnitude = std::max(magnitude, std::abs(sum));
    return sum;
  };
  EXPECT_TRUE(isClose(out.buffer, want, 1e-6, 1e-6 * std::sqrt(double(s.k) + 1) * 2))
      << what << " batch " << s.batch << " m " << s.m << " n " << s.n << " k " << s.k;
  EXPECT_TRUE(out.buffer.untouched()) << what;
}

std::string nameOf(bool ta, bool tb) { return std::string("matmul") + (ta ? "_ta" : "") + (tb ? "_tb" : ""); }
} // namespace

TEST_P(Matmul, matricesOfAnySize) {
  for (bool ta : {false, true})
    for (bool tb : {false, true}) {
      auto library = compileAndLoad(nameOf(ta, tb),
                                    formatv("read [b, {0}] x f32; read [b, {1}] x f32; write [b, m, n] x f32",
                                            ta ? "k, m" : "m, k", tb ? "n, k" : "k, n"),
                                    "{}", target());
      ASSERT_TRUE(library);
      // One, none, uneven, several blocks of everything, and sums that are long.
      for (const Sizes &s : {Sizes{1, 1, 1, 1},
                             {2, 3, 5, 0},
                             {0, 3, 5, 2},
                             {2, 0, 5, 3},
                             {2, 5, 0, 3},
                             {3, 13, 33, 7},
                             {1, 49, 65, 257},
                             {2, 200, 31, 40},
                             {1, 1, 130, 300},
                             {1, 7, 17, 5000}}) {
        Matrices a("f32", s.batch, ta ? s.k : s.m, ta ? s.m : s.k), b("f32", s.batch, tb ? s.n : s.k, tb ? s.k : s.n),
            out("f32", s.batch, s.m, s.n);
        check(library->find("kernel"), s, ta, tb, a, b, out, random, nameOf(ta, tb));
      }
    }
}

TEST_P(Matmul, rowsWithGapsBetweenThem) {
  for (bool ta : {false, true})
    for (bool tb : {false, true}) {
      Sizes s{2, 19, 37, 21};
      int64_t aRows = ta ? s.k : s.m, aColumns = ta ? s.m : s.k, bRows = tb ? s.n : s.k, bColumns = tb ? s.k : s.n;
      auto text = [](int64_t rows, int64_t columns, int64_t gap) {
        return formatv("[b, {0}, {1}] x f32, row_stride = {2}", rows, columns, columns + gap).str();
      };
      auto library = compileAndLoad(nameOf(ta, tb),
                                    "read " + text(aRows, aColumns, 3) + "; read " + text(bRows, bColumns, 5) +
                                        "; write " + text(s.m, s.n, 2),
                                    "{}", target());
      ASSERT_TRUE(library);
      Matrices a("f32", s.batch, aRows, aColumns, aColumns + 3), b("f32", s.batch, bRows, bColumns, bColumns + 5),
          out("f32", s.batch, s.m, s.n, s.n + 2);
      check(library->find("kernel"), s, ta, tb, a, b, out, random, nameOf(ta, tb));
    }
}

/// A row's sums are the same bits whatever other rows there are.
TEST_P(Matmul, aRowDependsOnItselfAlone) {
  auto library = compileAndLoad("matmul", "read [m, k] x f32; read [k, n] x f32; write [m, n] x f32", "{}", target());
  ASSERT_TRUE(library);
  int64_t m = 61, n = 70, k = 301;
  Buffer a("f32", m, k), b("f32", k, n), all("f32", m, n);
  a.fill(random), b.fill(random);
  runGrid(library->find("kernel"), {&a, &b, &all}, {1, m, n, k}, {1, ceilDiv(m, 192), ceilDiv(n, 64)});
  for (int64_t row : {0, 11, 12, 47, 48, 59, 60}) {
    Buffer one("f32", 1, k), out("f32", 1, n);
    for (int64_t i = 0; i < k; ++i)
      one.set(0, i, a.get(row, i));
    runGrid(library->find("kernel"), {&one, &b, &out}, {1, 1, n, k}, {1, 1, ceilDiv(n, 64)});
    EXPECT_TRUE(isClose(out, [&](int64_t, int64_t column) { return all.get(row, column); }, 0, 0)) << row;
  }
}
