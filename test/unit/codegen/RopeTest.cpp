// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
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
