// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rotation of queries and keys against a plain computation.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class RopeTable : public OnEachLevel {};
class Rope : public OnEachLevel {};
ON_EACH_LEVEL(RopeTable);
ON_EACH_LEVEL(Rope);
} // namespace

TEST_P(RopeTable, isAccurateUpToAMillion) {
  for (int64_t count : {1, 10, 64, 37}) {
    std::vector<float> frequencies;
    std::string text;
    for (int64_t i = 0; i < count; ++i) {
      frequencies.push_back(float(std::pow(10000.0, -double(i) / count)));
      text += formatv("{0}{1}", i ? ", " : "", llvm::format_hex(std::bit_cast<uint32_t>(frequencies[i]), 10)).str();
    }
    auto library = compileAndLoad(
        "rope_table",
        formatv("read [r] x i64; write [r, {0}] x f32, row_stride = {1}; write [r, {0}] x f32, row_stride = {1}", count,
                count + 3),
        formatv("{{inv_freq = dense<[{0}]> : tensor<{1}xf32>, scale = 1.25 : f32}", text, count), target());
    ASSERT_TRUE(library);
    int64_t rows = 130;
    Buffer positions("i64", rows, 1), cosines("f32", rows, count, count + 3), sines("f32", rows, count, count + 3);
    for (int64_t row = 0; row < rows; ++row)
      positions.setInteger(row, 0, row < 100 ? row : std::uniform_int_distribution<int>(0, 1000000)(random));
    runGrid(library->find("kernel"), {&positions, &cosines, &sines}, {rows}, {ceilDiv(rows, kWideRowBlock), 1, 1});
    auto angle = [&](int64_t r, int64_t c) { return double(float(positions.getInteger(r, 0)) * frequencies[c]); };
    // Half a unit of the value and half of the product.
    EXPECT_TRUE(
        isClose(cosines, [&](int64_t r, int64_t c) { return std::cos(angle(r, c)) * 1.25; }, 1.01 * 0x1p-23, 0));
    EXPECT_TRUE(isClose(sines, [&](int64_t r, int64_t c) { return std::sin(angle(r, c)) * 1.25; }, 1.01 * 0x1p-23, 0));
    EXPECT_TRUE(cosines.untouched());
    EXPECT_TRUE(sines.untouched());
  }
}

TEST_P(RopeTable, growsWithTheReachOfTheRun) {
  const float frequencies[] = {1.0f, 0.25f, 0.125f};
  const std::string inverse = "inv_freq = array<f32: 1.0, 0.25, 0.125>, length = 64, scale = 1.5 : f32";
  const std::string operands = "read [r] x i64; write [r, 3] x f32; write [r, 3] x f32";
  auto dynamic = compileAndLoad("rope_table_dynamic", operands, "{" + inverse + ", factor = 3.0 : f32}", target());
  auto longer = compileAndLoad("rope_table_long", operands,
                               "{" + inverse + ", long_inv_freq = array<f32: 0.5, 0.2, 0.1>}", target());
  ASSERT_TRUE(dynamic && longer);
  // Up to the length, at it, and beyond; the greatest position lies in the middle.
  for (int64_t greatest : {10, 63, 64, 500}) {
    int64_t rows = 70;
    Buffer positions("i64", rows, 1), cosines("f32", rows, 3), sines("f32", rows, 3);
    for (int64_t row = 0; row < rows; ++row)
      positions.setInteger(row, 0, row == 40 ? greatest : row % 10);
    const double reach = double(greatest) + 1, growth = reach > 64 ? 3 * reach / 64 - 2 : 1;
    auto check = [&](auto &library, auto frequency, double tolerance) {
      runGrid(library->find("kernel"), {&positions, &cosines, &sines}, {rows}, {ceilDiv(rows, kWideRowBlock), 1, 1});
      auto angle = [&](int64_t r, int64_t c) { return double(positions.getInteger(r, 0)) * frequency(c); };
      EXPECT_TRUE(isClose(cosines, [&](int64_t r, int64_t c) { return std::cos(angle(r, c)) * 1.5; }, 0, tolerance));
      EXPECT_TRUE(isClose(sines, [&](int64_t r, int64_t c) { return std::sin(angle(r, c)) * 1.5; }, 0, tolerance));
    };
    check(dynamic, [&](int64_t c) { return frequencies[c] * std::pow(growth, -double(c) / 2); }, 2e-4);
    const float others[] = {0.5f, 0.2f, 0.1f};
    check(longer, [&](int64_t c) { return double(reach > 64 ? others[c] : frequencies[c]); }, 2e-4);
  }
}

TEST_P(RopeTable, lastTokenIsTheLastThatIsNoPadding) {
  for (bool padded : {false, true}) {
    auto library = compileAndLoad("last_token", "read [b, s, 5] x f32; read [b, s] x i64; write [b, 5] x f32",
                                  padded ? "{padding = 7}" : "{}", target());
    ASSERT_TRUE(library);
    const int64_t batch = 4, seq = 6;
    const int64_t ids[batch][seq] = {{1, 2, 3, 4, 5, 6}, {1, 7, 3, 7, 7, 7}, {7, 7, 7, 7, 7, 7}, {7, 7, 7, 7, 7, 2}};
    const int64_t last[batch] = {5, 2, 0, 5};
    Buffer x("f32", batch * seq, 5), tokens("i64", batch * seq, 1), out("f32", batch, 5);
    x.fill(random);
    for (int64_t row = 0; row < batch * seq; ++row)
      tokens.setInteger(row, 0, ids[row / seq][row % seq]);
    runGrid(library->find("kernel"), {&x, &tokens, &out}, {batch, seq}, {batch, 1, 1});
    EXPECT_TRUE(
        isClose(out, [&](int64_t r, int64_t c) { return x.get(r * seq + (padded ? last[r] : seq - 1), c); }, 0, 0));
    EXPECT_TRUE(out.untouched());
  }
}

TEST_P(Rope, bothLayoutsPartialAndWhole) {
  for (std::string type : {"f32", "bf16"})
    for (std::string layout : {"half", "interleaved"})
      for (auto [headDim, rotary] : {std::pair(20, 20), {64, 64}, {128, 128}, {80, 32}, {24, 6}, {2, 2}, {90, 70}}) {
        int64_t heads = 3, cols = heads * headDim, half = rotary / 2;
        auto library = compileAndLoad(
            "rope",
            formatv(
                "read [r, {0}, {1}] x {5}, row_rank = 2, row_stride = {3}; read [r, {2}] x f32; read [r, {2}] x f32; "
                "write [r, {0}, {1}] x {5}, row_rank = 2, row_stride = {4}",
                heads, headDim, half, cols + 5, cols + 2, type),
            formatv("{{layout = \"{0}\"}", layout), target());
        ASSERT_TRUE(library);
        int64_t rows = 19;
        Buffer x(type, rows, cols, cols + 5), cosines("f32", rows, half), sines("f32", rows, half),
            out(type, rows, cols, cols + 2);
        x.fill(random), cosines.fill(random), sines.fill(random);
        runGrid(library->find("kernel"), {&x, &cosines, &sines, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        auto want = [&](int64_t r, int64_t c) {
          int64_t head = c / headDim * headDim, i = c - head;
          if (i >= rotary)
            return x.get(r, c);
          bool second = layout == "half" ? i >= half : i % 2;
          int64_t pair = layout == "half" ? i % half : i / 2;
          double a = x.get(r, head + (layout == "half" ? pair : 2 * pair)),
                 b = x.get(r, head + (layout == "half" ? pair + half : 2 * pair + 1));
          double cosine = cosines.get(r, pair), sine = sines.get(r, pair);
          return second ? b * cosine + a * sine : a * cosine - b * sine;
        };
        EXPECT_TRUE(isClose(out, want, type == "bf16" ? 0x1.02p-8 : 0, 1.5e-7))
            << type << " " << layout << " " << headDim << " " << rotary;
        EXPECT_TRUE(out.untouched());
      }
}

TEST_P(Rope, takesHeadsFromWithinRows) {
  for (std::string layout : {"half", "interleaved"})
    for (auto [heads, run, at] : {std::tuple(4, 20, 12), {1, 28, 20}}) {
      int64_t headDim = 8, half = 4, rows = 19, stride = at + heads * run;
      auto library =
          compileAndLoad("rope",
                         formatv("read [r, {0}] x f32; read [r, 4] x f32; read [r, 4] x f32; write [r, {1}, 8] x f32, "
                                 "row_rank = 2",
                                 stride, heads),
                         formatv("{{layout = \"{0}\", x_run = {1}, x_at = {2}}", layout, run, at), target());
      ASSERT_TRUE(library);
      Buffer x("f32", rows, stride), cosines("f32", rows, half), sines("f32", rows, half),
          out("f32", rows, heads * headDim);
      x.fill(random), cosines.fill(random), sines.fill(random);
      runGrid(library->find("kernel"), {&x, &cosines, &sines, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
      auto want = [&](int64_t r, int64_t c) {
        int64_t head = at + c / headDim * run, i = c % headDim;
        bool halves = layout == "half", second = halves ? i >= half : i % 2;
        int64_t pair = halves ? i % half : i / 2, first = head + (halves ? pair : 2 * pair);
        double a = x.get(r, first), b = x.get(r, first + (halves ? half : 1));
        return second ? b * cosines.get(r, pair) + a * sines.get(r, pair)
                      : a * cosines.get(r, pair) - b * sines.get(r, pair);
      };
      EXPECT_TRUE(isClose(out, want, 0, 1.5e-7)) << layout << " " << heads;
      EXPECT_TRUE(out.untouched());
    }
}
