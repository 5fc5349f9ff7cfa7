// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The router of groups of experts against a plain computation.
#include "Support.h"

#include <algorithm>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
struct Case {
  std::string type;
  int64_t experts, groups, chosenGroups, topK;
  bool renormalize = true;
};

class GroupRouter : public OnEachLevel {
protected:
  std::unique_ptr<Library> compile(const Case &t) {
    return compileAndLoad(
        "group_router",
        formatv("read [r, {0}] x {1}, row_stride = {2}; read [{0}] x f32; write [r, {3}] x i32; write [r, {3}] x f32, "
                "row_stride = {4}",
                t.experts, t.type, t.experts + 1, t.topK, t.topK + 1),
        formatv("{{groups = {0}, groups_per_token = {1}, renormalize = {2}, scale = 2.5 : f32}", t.groups,
                t.chosenGroups, t.renormalize ? "true" : "false"),
        target());
  }
};
ON_EACH_LEVEL(GroupRouter);

/// As DeepseekV3MoE.route_tokens_to_experts has it.
std::vector<int64_t> choose(const Case &t, const std::vector<double> &biased) {
  int64_t size = t.experts / t.groups;
  std::vector<double> groups, open(t.experts, -INFINITY);
  for (int64_t g = 0; g < t.groups; ++g) {
    std::vector<double> members(biased.begin() + g * size, biased.begin() + (g + 1) * size);
    std::vector<int64_t> two = greatest(members, 2);
    groups.push_back(float(members[two[0]] + members[two[1]]));
  }
  for (int64_t g : greatest(groups, t.chosenGroups))
    std::copy_n(biased.begin() + g * size, size, open.begin() + g * size);
  return greatest(open, t.topK);
}

const std::vector<Case> kCases = {{"f32", 8, 4, 2, 3},  {"bf16", 8, 4, 1, 2, false}, {"f32", 256, 8, 4, 8},
                                  {"f32", 64, 1, 1, 6}, {"f32", 60, 3, 2, 40},       {"f32", 34, 17, 16, 5},
                                  {"f32", 2, 1, 1, 1},  {"bf16", 96, 4, 4, 8},       {"f32", 160, 8, 3, 6, false},
                                  {"f32", 22, 2, 1, 11}};
} // namespace

TEST_P(GroupRouter, choosesWithinTheBestGroups) {
  for (const Case &t : kCases) {
    auto library = compile(t);
    ASSERT_TRUE(library);
    int64_t rows = 37;
    // Steps of an eighth: scores far enough apart that only true ties are close, and many of those.
    Buffer logits(t.type, rows, t.experts, t.experts + 1), bias("f32", 1, t.experts);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i <= t.experts; ++i)
        logits.set(row, i, i < t.experts ? double(int64_t(random() % 33) - 16) / 8 : NAN);
    for (int64_t i = 0; i < t.experts; ++i)
      bias.set(0, i, double(int64_t(random() % 9) - 4) / 4);
    Buffer indices("i32", rows, t.topK), weights("f32", rows, t.topK, t.topK + 1);
    runGrid(library->find("kernel"), {&logits, &bias, &indices, &weights}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
    std::vector<std::vector<double>> expected;
    for (int64_t row = 0; row < rows; ++row) {
      std::vector<double> scores, biased;
      for (int64_t i = 0; i < t.experts; ++i) {
        scores.push_back(float(1 / (1 + std::exp(-logits.get(row, i)))));
        biased.push_back(float(scores[i] + bias.get(0, i)));
      }
      std::vector<int64_t> order = choose(t, biased);
      double sum = 1e-20;
      std::vector<double> &own = expected.emplace_back();
      for (int64_t i = 0; i < t.topK; ++i) {
        int64_t found = indices.getInteger(row, i);
        ASSERT_TRUE(found >= 0 && found < t.experts);
        // The exponential's last digit may part scores whose biased sums are equal, but not by more.
        EXPECT_NEAR(biased[found], biased[order[i]], 1e-6) << t.experts << " experts, row " << row << ", place " << i;
        own.push_back(scores[found]);
        sum += own.back();
      }
      for (double &weight : own)
        weight *= 2.5 / (t.renormalize ? sum : 1.0);
    }
    EXPECT_TRUE(isClose(
        weights, [&](int64_t r, int64_t c) { return expected[r][c]; }, 1e-6, 0))
        << t.experts << " experts";
    EXPECT_TRUE(indices.untouched());
    EXPECT_TRUE(weights.untouched());
  }
}

TEST_P(GroupRouter, ofEqualScoresTheLowerIndexComesFirst) {
  for (const Case &t : kCases) {
    auto library = compile(t);
    ASSERT_TRUE(library);
    int64_t rows = 20;
    // One score for all, so that the biases, which f32 holds exactly, decide and tie.
    Buffer logits(t.type, rows, t.experts, t.experts + 1), bias("f32", 1, t.experts);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i <= t.experts; ++i)
        logits.set(row, i, 0);
    std::vector<double> biased;
    for (int64_t i = 0; i < t.experts; ++i) {
      bias.set(0, i, double(random() % 3));
      biased.push_back(0.5 + bias.get(0, i));
    }
    Buffer indices("i32", rows, t.topK), weights("f32", rows, t.topK, t.topK + 1);
    runGrid(library->find("kernel"), {&logits, &bias, &indices, &weights}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
    std::vector<int64_t> order = choose(t, biased);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < t.topK; ++i)
        EXPECT_EQ(indices.getInteger(row, i), order[i]) << t.experts << " experts, row " << row << ", place " << i;
  }
}

TEST_P(GroupRouter, rowsThatAreNotNumbersStayWithinTheExpertsAndShow) {
  for (const Case &t : kCases) {
    auto library = compile(t);
    ASSERT_TRUE(library);
    int64_t rows = 5;
    Buffer logits(t.type, rows, t.experts, t.experts + 1), bias("f32", 1, t.experts);
    logits.fill(random), bias.fill(random);
    for (int64_t i = 0; i < t.experts; ++i)
      logits.set(0, i, NAN), logits.set(1, i, -INFINITY), logits.set(2, i, INFINITY);
    logits.set(3, t.experts - 1, NAN);
    Buffer indices("i32", rows, t.topK), weights("f32", rows, t.topK, t.topK + 1);
    for (double extra : {0.0, double(INFINITY), -double(INFINITY), double(NAN)}) {
      bias.set(0, 0, bias.get(0, 0) + extra);
      runGrid(library->find("kernel"), {&logits, &bias, &indices, &weights}, {rows}, {1, 1, 1});
      for (int64_t row = 0; row < rows; ++row) {
        std::vector<bool> seen(t.experts);
        for (int64_t i = 0; i < t.topK; ++i) {
          int64_t expert = indices.getInteger(row, i);
          ASSERT_TRUE(expert >= 0 && expert < t.experts) << "row " << row << " has expert " << expert;
          EXPECT_FALSE(seen[expert]) << "row " << row << " has expert " << expert << " twice";
          seen[expert] = true;
          if (row == 0) {
            EXPECT_TRUE(std::isnan(weights.get(row, i)));
          }
        }
      }
    }
    EXPECT_TRUE(indices.untouched());
  }
}
