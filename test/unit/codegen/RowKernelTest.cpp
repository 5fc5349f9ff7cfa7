// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// embedding, convert, concat, rms_norm, layer_norm, glu.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class Embedding : public OnEachLevel {};
class Convert : public OnEachLevel {};
class Concat : public OnEachLevel {};
class RmsNorm : public OnEachLevel {};
class LayerNorm : public OnEachLevel {};
class Glu : public OnEachLevel {};
ON_EACH_LEVEL(Embedding);
ON_EACH_LEVEL(Convert);
ON_EACH_LEVEL(Concat);
ON_EACH_LEVEL(RmsNorm);
ON_EACH_LEVEL(LayerNorm);
ON_EACH_LEVEL(Glu);

double roundTo(const std::string &type, double x) { return type == "bf16" ? roundBf16(x) : double(float(x)); }

/// The operand that norms with a weight have.
std::string weight(const std::string &variant, int64_t cols, const std::string &type) {
  return variant == "unweighted" ? "" : formatv("read [{0}] x {1};", cols, type).str();
}
} // namespace

// [kernel-test]
TEST_P(Embedding, gathersRows) {
  for (std::string type : {"f32", "bf16"})
    for (int64_t hidden : {1, 20, 64, 108}) {
      auto library =
          compileAndLoad("embedding",
                         formatv("read [r] x i64; read [11, {0}] x {2}; write [r, {0}] x f32, row_stride = {1}", hidden,
                                 hidden + 4, type),
                         "{}", target());
      ASSERT_TRUE(library);
      int64_t vocab = 11, rows = 70;
      Buffer ids("i64", rows, 1), table(type, vocab, hidden), out("f32", rows, hidden, hidden + 4);
      table.fill(random);
      for (int64_t row = 0; row < rows; ++row)
        ids.setInteger(row, 0, row * 7 % vocab);
      runGrid(library->find("kernel"), {&ids, &table, &out}, {rows}, {ceilDiv(rows, kWideRowBlock), 1, 1});
      EXPECT_TRUE(isClose(out, [&](int64_t r, int64_t c) { return table.get(r * 7 % vocab, c); }, 0, 0));
      EXPECT_TRUE(out.untouched());
    }
}
// [/kernel-test]

TEST_P(Convert, roundsToNearestEvenAndKeepsSpecialValues) {
  auto narrow = compileAndLoad("convert", "read [r, 23] x f32; write [r, 23] x bf16", "{}", target());
  auto widen = compileAndLoad("convert", "read [r, 23] x bf16; write [r, 23] x f32", "{}", target());
  ASSERT_TRUE(narrow && widen);
  int64_t rows = 19;
  Buffer x("f32", rows, 23), half("bf16", rows, 23), back("f32", rows, 23);
  x.fill(random);
  x.set(0, 0, INFINITY), x.set(0, 1, -INFINITY), x.set(0, 2, 0x1.01p0), x.set(0, 3, 0x1.03p0),
      x.set(0, 4, 0x1.fffffep127);
  x.set(0, 22, NAN), x.set(0, 5, -0.0);
  runGrid(narrow->find("kernel"), {&x, &half}, {rows}, {2, 1, 1});
  runGrid(widen->find("kernel"), {&half, &back}, {rows}, {2, 1, 1});
  EXPECT_TRUE(std::isnan(back.get(0, 22)));
  x.set(0, 22, 0), back.set(0, 22, 0);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t col = 0; col < 23; ++col)
      EXPECT_EQ(back.get(row, col), roundBf16(x.get(row, col)));
  EXPECT_TRUE(half.untouched());
}

TEST_P(Convert, takesRunsOfColumnsFromWithinRows) {
  for (auto [cols, groups, at, run] :
       {std::array<int64_t, 4>{8, 4, 12, 20}, {10, 4, 12, 22}, {64, 5, 0, 0}, {70, 1, 33, 0}, {1, 9, 3, 2}}) {
    int64_t stride = at + (groups - 1) * run + cols + 3, rows = 19;
    auto library =
        compileAndLoad("convert",
                       formatv("read [r, {0}] x f32, row_stride = {1}; write [r, {2}] x f32, row_stride = {3}",
                               stride - 3, stride, groups * cols, groups * cols + 1),
                       formatv("{{x_cols = {0}, x_at = {1}, x_run = {2}}", cols, at, run), target());
    ASSERT_TRUE(library);
    Buffer x("f32", rows, stride - 3, stride), out("f32", rows, groups * cols, groups * cols + 1);
    x.fill(random);
    runGrid(library->find("kernel"), {&x, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
    EXPECT_TRUE(isClose(out, [&](int64_t r, int64_t c) { return x.get(r, at + c / cols * run + c % cols); }, 0, 0));
    EXPECT_TRUE(out.untouched());
  }
}

TEST_P(Concat, putsRunsSideBySide) {
  struct Case {
    int64_t groups, aCols, aRun, aAt, bCols, bRun, bAt;
  };
  for (const Case &t :
       {Case{4, 12, 20, 0, 8, 8, 0}, {4, 12, 22, 10, 8, 0, 20}, {1, 1, 1, 0, 70, 70, 5}, {3, 128, 256, 128, 64, 0, 0}})
    for (std::string type : {"f32", "bf16"}) {
      int64_t aWidth = t.aAt + (t.groups - 1) * t.aRun + t.aCols, bWidth = t.bAt + (t.groups - 1) * t.bRun + t.bCols;
      int64_t cols = t.aCols + t.bCols, rows = 21;
      auto library =
          compileAndLoad("concat",
                         formatv("read [r, {0}] x {6}, row_stride = {1}; read [r, {2}] x {6}, row_stride = {3}; "
                                 "write [r, {4}, {5}] x {6}, row_rank = 2, row_stride = {7}",
                                 aWidth, aWidth + 1, bWidth, bWidth + 2, t.groups, cols, type, t.groups * cols + 3),
                         formatv("{{a_cols = {0}, a_run = {1}, a_at = {2}, b_run = {3}, b_at = {4}}", t.aCols, t.aRun,
                                 t.aAt, t.bRun, t.bAt),
                         target());
      ASSERT_TRUE(library);
      Buffer a(type, rows, aWidth, aWidth + 1), b(type, rows, bWidth, bWidth + 2),
          out(type, rows, t.groups * cols, t.groups * cols + 3);
      a.fill(random), b.fill(random);
      runGrid(library->find("kernel"), {&a, &b, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
      auto want = [&](int64_t r, int64_t c) {
        int64_t group = c / cols, at = c % cols;
        return at < t.aCols ? a.get(r, t.aAt + group * t.aRun + at) : b.get(r, t.bAt + group * t.bRun + at - t.aCols);
      };
      EXPECT_TRUE(isClose(out, want, 0, 0)) << type << " " << t.groups << " x (" << t.aCols << " + " << t.bCols << ")";
      EXPECT_TRUE(out.untouched());
    }
}

TEST_P(RmsNorm, takesRunsOfColumnsFromWithinRows) {
  for (auto [cols, groups] : {std::pair(20, 1), {12, 4}}) {
    auto library = compileAndLoad(
        "rms_norm",
        formatv("read [r, 140] x f32; read [{0}] x f32; write [r, {1}, {0}] x f32, row_rank = 2", cols, groups),
        formatv("{{x_at = 3, x_run = {0}, eps = 1.0e-5 : f32, variant = \"standard\"}", cols + 11), target());
    ASSERT_TRUE(library);
    int64_t rows = 18;
    Buffer x("f32", rows, 140), w("f32", 1, cols), out("f32", rows, cols * groups);
    x.fill(random), w.fill(random);
    runGrid(library->find("kernel"), {&x, &w, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
    auto want = [&](int64_t r, int64_t c) {
      int64_t first = 3 + c / cols * (cols + 11);
      double squares = 0;
      for (int64_t i = 0; i < cols; ++i)
        squares += x.get(r, first + i) * x.get(r, first + i);
      return w.get(0, c % cols) * x.get(r, first + c % cols) / std::sqrt(squares / cols + double(1e-5f));
    };
    EXPECT_TRUE(isClose(out, want, 1e-6, 1e-7));
    EXPECT_TRUE(out.untouched());
  }
}

TEST_P(RmsNorm, allVariantsOverRowsAndHeads) {
  for (std::string type : {"f32", "bf16"})
    for (std::string variant : {"standard", "one_plus", "unweighted"})
      for (auto [cols, groups] : {std::pair(64, 1), {1, 1}, {151, 1}, {20, 3}, {128, 2}, {300, 1}}) {
        int64_t all = cols * groups;
        auto library = compileAndLoad(
            "rms_norm",
            formatv("read [r, {0}, {1}] x {2}, row_rank = 2, row_stride = {3}; {4} write [r, {0}, {1}] x {2}, "
                    "row_rank = 2, row_stride = {5}",
                    groups, cols, type, all + 1, weight(variant, cols, type), all + 7),
            formatv("{{eps = 1.0e-5 : f32, variant = \"{0}\"}", variant), target());
        ASSERT_TRUE(library);
        for (int64_t rows : {1, 33}) {
          Buffer x(type, rows, all, all + 1), w(type, 1, cols), out(type, rows, all, all + 7);
          x.fill(random, 3.0), w.fill(random);
          std::vector<const Buffer *> operands{&x, &w, &out};
          if (variant == "unweighted")
            operands.erase(operands.begin() + 1);
          runGrid(library->find("kernel"), operands, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
          // Where bf16 rounds twice, f32's last digits may decide the first rounding: one more unit.
          EXPECT_TRUE(isClose(
              out,
              [&](int64_t r, int64_t c) {
                int64_t first = c / cols * cols;
                double squares = 0;
                for (int64_t i = 0; i < cols; ++i)
                  squares += x.get(r, first + i) * x.get(r, first + i);
                double root = std::sqrt(squares / cols + double(1e-5f)), normal = x.get(r, c) / root,
                       weight = w.get(0, c - first);
                if (variant == "unweighted")
                  return x.get(r, c) * roundTo(type, 1 / root);
                return variant == "standard" ? weight * roundTo(type, normal) : normal * (1 + weight);
              },
              type == "bf16" ? 0x1.02p-7 : 1e-6, 1e-7))
              << type << " " << variant << " " << cols << " x " << groups;
          EXPECT_TRUE(out.untouched());
        }
      }
}

TEST_P(RmsNorm, ofASumIsTheNormOfTheWrittenSum) {
  for (std::string type : {"f32", "bf16"})
    for (std::string variant : {"standard", "one_plus", "unweighted"})
      for (auto [cols, groups] : {std::pair(64, 1), {1, 1}, {151, 1}, {20, 3}, {300, 1}}) {
        int64_t all = cols * groups, rows = 37;
        std::string attributes = formatv("{{eps = 1.0e-5 : f32, variant = \"{0}\"}", variant),
                    weights = weight(variant, cols, type);
        auto operand = [&](int64_t stride) {
          return formatv("[r, {0}, {1}] x {2}, row_rank = 2, row_stride = {3};", groups, cols, type, stride).str();
        };
        auto fused = compileAndLoad("add_rms_norm",
                                    "read " + operand(all + 3) + "read " + operand(all) + weights + "write " +
                                        operand(all + 1) + "write " + operand(all + 7),
                                    attributes, target());
        auto alone = compileAndLoad("rms_norm", "read " + operand(all + 1) + weights + "write " + operand(all + 7),
                                    attributes, target());
        ASSERT_TRUE(fused && alone);
        Buffer a(type, rows, all, all + 3), b(type, rows, all), w(type, 1, cols), sum(type, rows, all, all + 1),
            out(type, rows, all, all + 7), expected(type, rows, all, all + 7);
        a.fill(random, 3.0), b.fill(random), w.fill(random);
        std::vector<const Buffer *> operands{&a, &b, &w, &sum, &out}, alonesOperands{&sum, &w, &expected};
        if (variant == "unweighted")
          operands.erase(operands.begin() + 2), alonesOperands.erase(alonesOperands.begin() + 1);
        runGrid(fused->find("kernel"), operands, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        EXPECT_TRUE(isClose(sum, [&](int64_t r, int64_t c) { return roundTo(type, a.get(r, c) + b.get(r, c)); }, 0, 0));
        runGrid(alone->find("kernel"), alonesOperands, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        EXPECT_TRUE(isClose(
            out, [&](int64_t r, int64_t c) { return expected.get(r, c); }, 0, 0))
            << type << " " << variant << " " << cols;
        EXPECT_TRUE(sum.untouched());
        EXPECT_TRUE(out.untouched());
      }
}

namespace {
/// Layer norm of the `cols` columns of x from `first` on, in f64, at column `at`.
double layerNorm(const Buffer &x, const Buffer &w, const Buffer &b, int64_t row, int64_t first, int64_t cols,
                 int64_t at) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < cols; ++i)
    sum += x.get(row, first + i);
  for (int64_t i = 0; i < cols; ++i)
    squares += std::pow(x.get(row, first + i) - sum / cols, 2);
  return (x.get(row, first + at) - sum / cols) / std::sqrt(squares / cols + double(1e-5f)) * w.get(0, at) +
         b.get(0, at);
}
} // namespace

TEST_P(LayerNorm, overRowsAndHeads) {
  for (std::string type : {"f32", "bf16"})
    for (auto [cols, groups] : {std::pair(64, 1), {1, 1}, {151, 1}, {12, 3}, {128, 2}, {300, 1}}) {
      int64_t all = cols * groups, run = cols + 5, ldx = groups * run + 4;
      auto library =
          compileAndLoad("layer_norm",
                         formatv("read [r, {0}] x {1}; read [{2}] x {1}; read [{2}] x {1}; write [r, {3}, {2}] x {1}, "
                                 "row_rank = 2, row_stride = {4}",
                                 ldx, type, cols, groups, all + 7),
                         formatv("{{x_at = 3, x_run = {0}, eps = 1.0e-5 : f32}", run), target());
      ASSERT_TRUE(library);
      for (int64_t rows : {1, 33}) {
        Buffer x(type, rows, ldx), w(type, 1, cols), b(type, 1, cols), out(type, rows, all, all + 7);
        x.fill(random, 3.0), w.fill(random), b.fill(random);
        runGrid(library->find("kernel"), {&x, &w, &b, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        auto want = [&](int64_t r, int64_t c) { return layerNorm(x, w, b, r, 3 + c / cols * run, cols, c % cols); };
        EXPECT_TRUE(isClose(out, want, type == "bf16" ? 0x1.01p-8 : 1e-6, 1e-6))
            << type << " " << cols << " x " << groups;
        EXPECT_TRUE(out.untouched());
      }
    }
}

TEST_P(LayerNorm, aLargeMeanCostsTheVarianceNothing) {
  int64_t cols = 37, rows = 19;
  auto library =
      compileAndLoad("layer_norm", "read [r, 37] x f32; read [37] x f32; read [37] x f32; write [r, 37] x f32",
                     "{eps = 1.0e-5 : f32}", target());
  ASSERT_TRUE(library);
  Buffer x("f32", rows, cols), w("f32", 1, cols), b("f32", 1, cols), out("f32", rows, cols);
  x.fill(random), w.fill(random), b.fill(random);
  for (int64_t i = 0; i < rows * cols; ++i)
    x.set(i / cols, i % cols, 4096 + x.get(i / cols, i % cols));
  runGrid(library->find("kernel"), {&x, &w, &b, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
  // The mean itself is rounded to 2^-11, a thousandth of the deviation.
  EXPECT_TRUE(isClose(out, [&](int64_t r, int64_t c) { return layerNorm(x, w, b, r, 0, cols, c); }, 1e-3, 1e-3));
  EXPECT_TRUE(out.untouched());
}

TEST_P(Glu, allActivations) {
  auto reference = [](const std::string &act, double x) {
    if (act == "silu")
      return x / (1 + std::exp(-x));
    if (act == "gelu")
      return 0.5 * x * std::erfc(-x * M_SQRT1_2);
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  };
  for (std::string type : {"f32", "bf16"})
    for (std::string act : {"silu", "gelu_tanh", "gelu"})
      for (int64_t cols : {1, 20, 151}) {
        auto library = compileAndLoad(
            "glu",
            formatv(
                "read [r, {0}] x {2}, row_stride = {1}; read [r, {0}] x {2}; write [r, {0}] x {2}, row_stride = {1}",
                cols, cols + 2, type),
            formatv("{{act = \"{0}\"}", act), target());
        ASSERT_TRUE(library);
        int64_t rows = 35;
        Buffer gate(type, rows, cols, cols + 2), up(type, rows, cols), out(type, rows, cols, cols + 2);
        gate.fill(random, 6.0), up.fill(random);
        runGrid(library->find("kernel"), {&gate, &up, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        EXPECT_TRUE(isClose(
            out, [&](int64_t r, int64_t c) { return roundTo(type, reference(act, gate.get(r, c))) * up.get(r, c); },
            type == "bf16" ? 0x1.02p-7 : 4e-6, 1e-30))
            << act << " " << type;
        EXPECT_TRUE(out.untouched());
      }
}

TEST_P(Glu, clampsScalesAndShiftsGateAndUpWhereverTheyLie) {
  for (std::string type : {"f32", "bf16"})
    for (bool interleaved : {false, true})
      for (std::string more : {"", ", limit = 2.5 : f32", ", alpha = 1.702 : f32", ", up_shift = 1.0 : f32",
                               ", limit = 2.5 : f32, alpha = 1.702 : f32, up_shift = 1.0 : f32"})
        for (int64_t cols : {1, 3, 8, 12, 20, 33, 151}) {
          auto library = compileAndLoad(
              "packed_glu",
              formatv("read [r, {0}] x {4}, row_stride = {1}; write [r, {2}] x {4}, row_stride = {3}", 2 * cols,
                      2 * cols + 1, cols, cols + 2, type),
              formatv("{{act = \"silu\", layout = \"{0}\"{1}}", interleaved ? "interleaved" : "concat", more),
              target());
          ASSERT_TRUE(library);
          int64_t rows = 19;
          Buffer x(type, rows, 2 * cols, 2 * cols + 1), out(type, rows, cols, cols + 2);
          x.fill(random, 5.0);
          runGrid(library->find("kernel"), {&x, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
          auto has = [&](const char *name) { return more.find(name) != std::string::npos; };
          double limit = has("limit") ? 2.5 : INFINITY, alpha = has("alpha") ? double(1.702f) : 1,
                 shift = has("up_shift") ? 1 : 0;
          EXPECT_TRUE(isClose(
              out,
              [&](int64_t r, int64_t c) {
                double gate = std::min(x.get(r, interleaved ? 2 * c : c), limit);
                double up = std::clamp(x.get(r, interleaved ? 2 * c + 1 : c + cols), -limit, limit);
                return roundTo(type, gate / (1 + std::exp(-alpha * gate))) * (up + shift);
              },
              type == "bf16" ? 0x1.02p-7 : 4e-6, 1e-6))
              << type << more << ", " << cols << " columns";
          EXPECT_TRUE(out.untouched());
        }
}

TEST_P(Glu, limitsLetWhatIsNotANumberThrough) {
  auto library = compileAndLoad("packed_glu", "read [r, 4] x f32; write [r, 2] x f32",
                                "{act = \"silu\", layout = \"interleaved\", limit = 7.0 : f32}", target());
  ASSERT_TRUE(library);
  Buffer x("f32", 1, 4), out("f32", 1, 2);
  x.set(0, 0, NAN), x.set(0, 1, 1), x.set(0, 2, 1), x.set(0, 3, NAN);
  runGrid(library->find("kernel"), {&x, &out}, {1}, {1, 1, 1});
  EXPECT_TRUE(std::isnan(out.get(0, 0)) && std::isnan(out.get(0, 1)));
}

TEST_P(Glu, siluIsAccurateOverTheWholeRange) {
  auto library = compileAndLoad("glu", "read [r, 4096] x f32; read [r, 4096] x f32; write [r, 4096] x f32",
                                "{act = \"silu\"}", target());
  ASSERT_TRUE(library);
  Buffer gate("f32", 8, 4096), up("f32", 8, 4096), out("f32", 8, 4096);
  gate.fill(random, 87.0);
  for (int64_t i = 0; i < 8 * 4096; ++i)
    up.set(0, i, 1.0);
  gate.set(0, 0, -INFINITY), gate.set(0, 1, INFINITY), gate.set(0, 2, NAN), gate.set(0, 3, -200), gate.set(0, 4, 1e30),
      gate.set(0, 5, 0);
  runGrid(library->find("kernel"), {&gate, &up, &out}, {8}, {1, 1, 1});
  EXPECT_EQ(out.get(0, 1), INFINITY);
  EXPECT_TRUE(std::isnan(out.get(0, 2)));
  EXPECT_EQ(out.get(0, 3), 0);
  EXPECT_EQ(out.get(0, 4), 1e30f);
  EXPECT_EQ(out.get(0, 5), 0);
  double worst = 0;
  for (int64_t i = 6; i < 8 * 4096; ++i) {
    double x = gate.get(0, i), want = x / (1 + std::exp(-x));
    worst = std::max(worst, std::abs(out.get(0, i) - want) / std::abs(want));
  }
  EXPECT_LT(worst, 2.5 * 0x1p-23); // 1 ulp each of exp and of the quotient, half of the sum
}
