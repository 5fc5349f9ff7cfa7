// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of the loop over experts, and of the loss that balances them.
#include "Support.h"

#include <numeric>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class Experts : public OnEachLevel {};
ON_EACH_LEVEL(Experts);

std::vector<double> softmax(const Buffer &logits, int64_t row) {
  std::vector<double> result;
  double top = -INFINITY, sum = 0;
  for (int64_t i = 0; i < logits.cols; ++i)
    top = std::max(top, logits.get(row, i));
  for (int64_t i = 0; i < logits.cols; ++i)
    sum += result.emplace_back(std::exp(logits.get(row, i) - top));
  for (double &x : result)
    x /= sum;
  return result;
}
} // namespace

TEST_P(Experts, routerChoosesTheGreatest) {
  for (std::string type : {"f32", "bf16"})
    for (bool renormalize : {false, true})
      for (auto [experts, topK] : {std::pair(1, 1), {8, 2}, {20, 3}, {128, 8}, {509, 16}}) {
        auto library = compileAndLoad(
            "router",
            formatv("read [r, {0}] x {1}, row_stride = {2}; write [r, {3}] x i32; write [r, {3}] x f32, "
                    "row_stride = {4}",
                    experts, type, experts + 1, topK, topK + 1),
            formatv("{{renormalize = {0}, weight_type = \"{1}\"}", renormalize ? "true" : "false", type), target());
        ASSERT_TRUE(library);
        int64_t rows = 37;
        Buffer logits(type, rows, experts, experts + 1), indices("i32", rows, topK),
            weights("f32", rows, topK, topK + 1);
        logits.fill(random, 4.0);
        if (experts > 1)
          logits.set(0, experts - 1, logits.get(0, 0)); // a tie
        runGrid(library->find("kernel"), {&logits, &indices, &weights}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        std::vector<std::vector<double>> expected;
        for (int64_t row = 0; row < rows; ++row) {
          std::vector<double> probabilities = softmax(logits, row), chosen;
          std::vector<int64_t> order = greatest(probabilities, topK);
          for (int64_t i = 0; i < topK; ++i) {
            EXPECT_EQ(indices.getInteger(row, i), order[i]) << "row " << row << ", place " << i;
            chosen.push_back(probabilities[order[i]]);
          }
          double sum = renormalize ? std::accumulate(chosen.begin(), chosen.end(), 0.0) : 1.0;
          for (double &x : chosen)
            x /= sum;
          expected.push_back(chosen);
        }
        EXPECT_TRUE(isClose(
            weights, [&](int64_t r, int64_t c) { return expected[r][c]; }, type == "bf16" ? 0x1.02p-8 : 1e-6, 0));
        EXPECT_TRUE(indices.untouched());
        EXPECT_TRUE(weights.untouched());
      }
}

TEST_P(Experts, routerMayWeighTheChosenAlone) {
  for (std::string type : {"f32", "bf16"})
    for (auto [experts, topK] : {std::pair(1, 1), {6, 3}, {8, 2}, {20, 20}, {128, 4}, {509, 16}}) {
      auto library =
          compileAndLoad("router",
                         formatv("read [r, {0}] x {1}, row_stride = {2}; write [r, {3}] x i32; write [r, {3}] x f32",
                                 experts, type, experts + 1, topK),
                         "{score = \"softmax_top_k\", weight_type = \"f32\"}", target());
      ASSERT_TRUE(library);
      int64_t rows = 37;
      Buffer logits(type, rows, experts, experts + 1), indices("i32", rows, topK), weights("f32", rows, topK);
      logits.fill(random, 4.0);
      for (int64_t i = 0; i < experts; ++i) {
        logits.set(0, i, -1000.0 - 7 * i); // whose probabilities would all be 0 but one
        logits.set(1, i, random() % 3);    // ties
        logits.set(2, i, i % 2 ? -INFINITY : double(i % 5));
      }
      runGrid(library->find("kernel"), {&logits, &indices, &weights}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
      std::vector<std::vector<double>> expected;
      for (int64_t row = 0; row < rows; ++row) {
        std::vector<double> values, chosen;
        for (int64_t i = 0; i < experts; ++i)
          values.push_back(logits.get(row, i));
        std::vector<int64_t> order = greatest(values, topK);
        double sum = 0;
        for (int64_t i = 0; i < topK; ++i) {
          EXPECT_EQ(indices.getInteger(row, i), order[i]) << "row " << row << ", place " << i;
          sum += chosen.emplace_back(std::exp(values[order[i]] - values[order[0]]));
        }
        for (double &x : chosen)
          x /= sum;
        expected.push_back(chosen);
      }
      EXPECT_TRUE(isClose(
          weights, [&](int64_t r, int64_t c) { return expected[r][c]; }, 1e-6, 1e-37))
          << experts << " experts, " << type;
      EXPECT_TRUE(indices.untouched());
      EXPECT_TRUE(weights.untouched());
    }
}

TEST_P(Experts, ofEqualLogitsTheLowerIndexComesFirst) {
  for (int64_t experts : {3, 8, 33, 512}) {
    int64_t rows = 20, topK = std::min<int64_t>(experts, 16);
    auto library = compileAndLoad(
        "router", formatv("read [r, {0}] x bf16; write [r, {1}] x i32; write [r, {1}] x f32", experts, topK),
        "{renormalize = true, weight_type = \"f32\"}", target());
    ASSERT_TRUE(library);
    Buffer logits("bf16", rows, experts), indices("i32", rows, topK), weights("f32", rows, topK);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < experts; ++i)
        logits.set(row, i,
                   row ? double(random() % 3)
                       : -200.0 * (i == 1)); // in row 0 an expert has the same probability as none
    runGrid(library->find("kernel"), {&logits, &indices, &weights}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
    for (int64_t row = 0; row < rows; ++row) {
      std::vector<int64_t> order = greatest(softmax(logits, row), topK);
      for (int64_t i = 0; i < topK; ++i)
        EXPECT_EQ(indices.getInteger(row, i), order[i]) << experts << " experts, row " << row << ", place " << i;
    }
  }
}

TEST_P(Experts, rowsThatAreNotNumbersStayWithinTheExpertsAndShow) {
  for (auto [type, score] :
       {std::pair("f32", "softmax"), {"bf16", "softmax"}, {"f32", "softmax_top_k"}, {"bf16", "softmax_top_k"}})
    for (auto [experts, topK] : {std::pair(5, 5), {8, 2}, {128, 8}}) {
      auto library = compileAndLoad(
          "router", formatv("read [r, {0}] x {2}; write [r, {1}] x i32; write [r, {1}] x f32", experts, topK, type),
          formatv("{{renormalize = false, score = \"{0}\", weight_type = \"{1}\"}", score, type), target());
      ASSERT_TRUE(library);
      int64_t rows = 5;
      Buffer logits(type, rows, experts), indices("i32", rows, topK), weights("f32", rows, topK);
      logits.fill(random);
      for (int64_t i = 0; i < experts; ++i)
        logits.set(0, i, NAN), logits.set(1, i, -INFINITY);
      logits.set(2, experts - 1, NAN), logits.set(3, 1, INFINITY);
      runGrid(library->find("kernel"), {&logits, &indices, &weights}, {rows}, {1, 1, 1});
      for (int64_t row = 0; row < rows; ++row) {
        std::vector<bool> seen(experts);
        for (int64_t i = 0; i < topK; ++i) {
          int64_t expert = indices.getInteger(row, i);
          ASSERT_TRUE(expert >= 0 && expert < experts) << "row " << row << " has expert " << expert;
          EXPECT_FALSE(seen[expert]) << "row " << row << " has expert " << expert << " twice";
          seen[expert] = true;
          EXPECT_EQ(std::isnan(weights.get(row, i)), row < 4) << score << ", row " << row << ", place " << i;
        }
      }
      EXPECT_TRUE(indices.untouched());
    }
}

TEST_P(Experts, rowsOfAnExpertAreFoundAtAnyPlace) {
  for (int64_t topK : {1, 2, 7, 8, 16, 19}) {
    auto library = compileAndLoad(
        "expert_rows",
        formatv("read [r, {0}] x i32, row_stride = {1}; write [r] x i32; write [r] x i32; write [1] x i32", topK,
                topK + 1),
        "{}", target());
    ASSERT_TRUE(library);
    int64_t rows = 3 * topK + 2;
    Buffer indices("i32", rows, topK, topK + 1);
    // Expert 0, which is also what absent columns look like, is at each place of every third row; expert 30 is
    // everywhere, 31 nowhere.
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i <= topK; ++i)
        indices.setInteger(row, i,
                           row % 3 == 1 && i == row / 3 ? 0
                           : i == topK                  ? 31
                           : i == (row + 1) % topK      ? 30
                                                        : i + 1);
    for (int64_t expert : {0, 30, 31}) {
      Buffer tokens("i32", 1, rows), slots("i32", 1, rows), count("i32", 1, 1);
      runGrid(library->find("kernel"), {&indices, &tokens, &slots, &count}, {rows, expert}, {1, 1, 1});
      int64_t found = 0;
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < topK; ++i)
          if (indices.getInteger(row, i) == expert) {
            EXPECT_EQ(tokens.getInteger(0, found), row) << "expert " << expert << " of " << topK;
            EXPECT_EQ(slots.getInteger(0, found), i) << "expert " << expert << " of " << topK;
            ++found;
          }
      EXPECT_EQ(count.getInteger(0, 0), found);
      EXPECT_TRUE(tokens.untouched());
      EXPECT_TRUE(slots.untouched());
    }
  }
}

TEST_P(Experts, fillWritesAnyType) {
  for (std::string type : {"f32", "bf16", "i32"})
    for (int64_t cols : {1, 20, 131}) {
      double value = type == "i32" ? -7 : 1.005;
      auto library = compileAndLoad("fill", formatv("write [r, {0}] x {2}, row_stride = {1}", cols, cols + 3, type),
                                    formatv("{{value = {0:f3} : f64}", value), target());
      ASSERT_TRUE(library);
      int64_t rows = 18;
      Buffer out(type, rows, cols, cols + 3);
      runGrid(library->find("kernel"), {&out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
      double want = type == "bf16" ? roundBf16(value) : double(float(value));
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t col = 0; col < cols; ++col)
          EXPECT_EQ(type == "i32" ? double(out.getInteger(row, col)) : out.get(row, col), want);
      EXPECT_TRUE(out.untouched());
    }
}

TEST_P(Experts, gatherComputeAndCombineOneExpert) {
  for (std::string type : {"f32", "bf16"}) {
    int64_t rows = 41, topK = 3, cols = 20, expert = 5;
    auto find = compileAndLoad("expert_rows",
                               "read [r, 3] x i32, row_stride = 4; write [r] x i32; write [r] x i32; write [1] x i32",
                               "{}", target());
    auto gather = compileAndLoad("expert_gather",
                                 formatv("read [t, 20] x {0}, row_stride = 21; read [r] x i32; read [1] x i32; "
                                         "write [r, 20] x {0}, row_stride = 22",
                                         type),
                                 "{}", target());
    auto combine =
        compileAndLoad("expert_combine",
                       formatv("read [r, 20] x {0}, row_stride = 22; read [r] x i32; read [r] x i32; read [1] x i32; "
                               "read [t, 3] x f32, row_stride = 4; read_write [t, 20] x f32, row_stride = 25",
                               type),
                       "{}", target());
    ASSERT_TRUE(find && gather && combine);
    Buffer indices("i32", rows, topK, topK + 1), tokens("i32", 1, rows), slots("i32", 1, rows), count("i32", 1, 1);
    Buffer x(type, rows, cols, 21), out(type, rows, cols, 22), weights("f32", rows, topK, topK + 1),
        sums("f32", rows, cols, 25);
    x.fill(random), weights.fill(random);
    std::vector<std::pair<int64_t, int64_t>> hits;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < topK; ++i) {
        indices.setInteger(row, i, (row * 3 + i * 2) % 11);
        if (indices.getInteger(row, i) == expert)
          hits.push_back({row, i});
      }
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t col = 0; col < cols; ++col)
        sums.set(row, col, row + col / 64.0);
    runGrid(find->find("kernel"), {&indices, &tokens, &slots, &count}, {rows, expert}, {1, 1, 1});
    ASSERT_EQ(count.getInteger(0, 0), int64_t(hits.size()));
    for (size_t i = 0; i < hits.size(); ++i) {
      EXPECT_EQ(tokens.getInteger(0, i), hits[i].first);
      EXPECT_EQ(slots.getInteger(0, i), hits[i].second);
    }
    runGrid(gather->find("kernel"), {&x, &tokens, &count, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
    for (size_t i = 0; i < hits.size(); ++i)
      for (int64_t col = 0; col < cols; ++col)
        EXPECT_EQ(out.get(i, col), x.get(hits[i].first, col));
    EXPECT_TRUE(out.untouched());
    runGrid(combine->find("kernel"), {&out, &tokens, &slots, &count, &weights, &sums}, {rows},
            {ceilDiv(rows, kRowBlock), 1, 1});
    auto want = [&](int64_t row, int64_t col) {
      double sum = row + col / 64.0;
      for (auto [token, slot] : hits)
        if (token == row)
          sum += weights.get(row, slot) * x.get(row, col);
      return sum;
    };
    EXPECT_TRUE(isClose(sums, want, 1e-6, 0));
    EXPECT_TRUE(sums.untouched());
  }
}

TEST_P(Experts, balancingLossEqualsTheDefinition) {
  int64_t experts = 20, topK = 3, rows = 50;
  auto gather = compileAndLoad("router_statistics", "read [r, 20] x f32; read [r] x i64; read_write [41] x f32",
                               "{top_k = 3}", target());
  auto finish = compileAndLoad("load_balancing_loss", "read [41] x f32; write [] x f32", "{}", target());
  auto fill = compileAndLoad("fill", "write [41] x f32", "{value = 0.0 : f32}", target());
  ASSERT_TRUE(gather && finish && fill);
  Buffer stats("f32", 1, 2 * experts + 1), loss("f32", 1, 1), mask("i64", rows, 1);
  runGrid(fill->find("kernel"), {&stats}, {1}, {1, 1, 1});
  EXPECT_TRUE(isClose(stats, [](int64_t, int64_t) { return 0.0; }, 0, 0));
  runGrid(finish->find("kernel"), {&stats, &loss}, {}, {1, 1, 1});
  EXPECT_EQ(loss.get(0, 0), 0) << "no row counts";

  std::vector<double> hits(experts), probabilities(experts);
  double counted = 0;
  for (int64_t layer = 0; layer < 2; ++layer) {
    Buffer logits("f32", rows, experts);
    logits.fill(random, 3.0);
    for (int64_t row = 0; row < rows; ++row) {
      mask.setInteger(row, 0, row % 4 != 1);
      if (row % 4 == 1)
        continue;
      std::vector<double> p = softmax(logits, row);
      for (int64_t i = 0; i < experts; ++i)
        probabilities[i] += p[i];
      for (int64_t i : greatest(p, topK))
        hits[i] += 1;
      counted += 1;
    }
    runGrid(gather->find("kernel"), {&logits, &mask, &stats}, {rows}, {1, 1, 1});
  }
  runGrid(finish->find("kernel"), {&stats, &loss}, {}, {1, 1, 1});
  double want = 0;
  for (int64_t i = 0; i < experts; ++i)
    want += experts * (hits[i] / counted) * (probabilities[i] / counted);
  EXPECT_NEAR(loss.get(0, 0), want, 1e-6 * want);
  EXPECT_TRUE(stats.untouched());
  EXPECT_TRUE(loss.untouched());

  auto addScaled =
      compileAndLoad("add_scaled", "read [] x f32; read [] x f32; write [] x f32", "{alpha = 0.25 : f32}", target());
  ASSERT_TRUE(addScaled);
  Buffer a("f32", 1, 1), b("f32", 1, 1), sum("f32", 1, 1);
  a.set(0, 0, 3), b.set(0, 0, 10);
  runGrid(addScaled->find("kernel"), {&a, &b, &sum}, {}, {1, 1, 1});
  EXPECT_EQ(sum.get(0, 0), 5.5);
}

TEST_P(Experts, statisticsOfAnySizeAndType) {
  for (std::string type : {"f32", "bf16"})
    for (auto [experts, topK] : {std::pair(1, 1), {8, 2}, {61, 4}, {128, 8}}) {
      auto library =
          compileAndLoad("router_statistics",
                         formatv("read [r, {0}] x {1}, row_stride = {2}; read [r] x i64; read_write [{3}] x f32",
                                 experts, type, experts + 1, 2 * experts + 1),
                         formatv("{{top_k = {0}}", topK), target());
      ASSERT_TRUE(library);
      int64_t rows = 33;
      Buffer logits(type, rows, experts, experts + 1), mask("i64", rows, 1), stats("f32", 1, 2 * experts + 1);
      logits.fill(random, 5.0);
      std::vector<double> want(2 * experts + 1);
      for (int64_t i = 0; i <= 2 * experts; ++i)
        stats.set(0, i, i), want[i] = i;
      for (int64_t row = 0; row < rows; ++row) {
        mask.setInteger(row, 0, row % 3 == 0 ? 0 : row % 3 == 1 ? 1 : -2);
        if (row % 3 == 0) {
          logits.set(row, 0, NAN); // of a row that does not count
          continue;
        }
        std::vector<double> p = softmax(logits, row);
        for (int64_t i = 0; i < experts; ++i)
          want[experts + i] += p[i];
        for (int64_t i : greatest(p, topK))
          want[i] += 1;
        want[2 * experts] += 1;
      }
      runGrid(library->find("kernel"), {&logits, &mask, &stats}, {rows}, {1, 1, 1});
      EXPECT_TRUE(isClose(
          stats, [&](int64_t, int64_t i) { return want[i]; }, 1e-6, 0))
          << experts << " experts, " << type;
      for (int64_t i = 0; i < experts; ++i)
        EXPECT_EQ(stats.get(0, i), want[i]) << "hits are exact";
      EXPECT_TRUE(stats.untouched());
    }
}

TEST_P(Experts, gluOfNeighboursTouchesCountedRowsOnly) {
  for (std::string type : {"f32", "bf16"})
    for (int64_t used : {0, 18, 40, 99}) {
      int64_t rows = 40, cols = 21;
      auto library = compileAndLoad(
          "packed_glu", formatv("read [r, 42] x {0}, row_stride = 43; read [1] x i32; write [r, 21] x {0}", type),
          "{act = \"silu\"}", target());
      ASSERT_TRUE(library);
      Buffer x(type, rows, 2 * cols, 43), count("i32", 1, 1), out(type, rows, cols);
      x.fill(random);
      count.setInteger(0, 0, used);
      runGrid(library->find("kernel"), {&x, &count, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
      double untouched = out.isBf16() ? fromBf16(0xA5A5) : std::bit_cast<float>(0xA5A5A5A5);
      EXPECT_TRUE(isClose(
          out,
          [&](int64_t r, int64_t c) {
            double gate = x.get(r, c), activated = gate / (1 + std::exp(-gate));
            return r < used ? (out.isBf16() ? roundBf16(activated) : activated) * x.get(r, c + cols) : untouched;
          },
          out.isBf16() ? 0x1.02p-7 : 1e-6, 0))
          << type << ", " << used << " rows";
      EXPECT_TRUE(out.untouched());
    }
}
