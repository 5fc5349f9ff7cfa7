// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole block of experts as programs run it: route, then per expert find its rows, gather, gate_up, glu, down,
// combine.
#include "Support.h"

#include <numeric>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
struct Case {
  std::string type, weightType;
  int64_t experts, topK, rows, hidden, inner;
  /// Every row's first choice; -1: chance decides.
  int64_t favourite = -1;
};

class Moe : public OnEachLevel {
protected:
  /// Stacked weights: one expert's tiles behind another's.
  static Buffer packAll(const std::vector<Buffer> &weights) {
    std::vector<Buffer> packed;
    for (const Buffer &w : weights)
      packed.push_back(pack(w));
    int64_t size = packed[0].rows * packed[0].cols;
    Buffer all(weights[0].isBf16() ? "bf16" : "f32", 1, size * int64_t(weights.size()));
    for (size_t e = 0; e < packed.size(); ++e)
      for (int64_t i = 0; i < size; ++i)
        all.set(0, int64_t(e) * size + i, packed[e].get(0, i));
    return all;
  }

  void check(const Case &t);
};
ON_EACH_LEVEL(Moe);

void Moe::check(const Case &t) {
  int64_t rows = t.rows, hidden = t.hidden, inner = t.inner, topK = t.topK;
  auto gemm = [&](int64_t n, int64_t k) {
    return compileAndLoad(
        "expert_gemm",
        formatv("read [r, {1}] x {2}; read [{4}, {0}, {1}] x {3}, {5}; read [1] x i32; write [r, {0}] x {2}", n, k,
                t.type, t.weightType, t.experts, tiles(t.weightType)),
        "{group = 2}", target());
  };
  auto router = compileAndLoad(
      "router", formatv("read [r, {0}] x {2}; write [r, {1}] x i32; write [r, {1}] x f32", t.experts, topK, t.type),
      formatv("{{renormalize = true, weight_type = \"{0}\"}", t.type), target());
  auto find = compileAndLoad("expert_rows",
                             formatv("read [r, {0}] x i32; write [r] x i32; write [r] x i32; write [1] x i32", topK),
                             "{}", target());
  auto gather = compileAndLoad(
      "expert_gather",
      formatv("read [t, {0}] x {1}; read [r] x i32; read [1] x i32; write [r, {0}] x {1}", hidden, t.type), "{}",
      target());
  auto gateUp = gemm(2 * inner, hidden), down = gemm(hidden, inner);
  auto glu = compileAndLoad(
      "packed_glu", formatv("read [r, {1}] x {2}; read [1] x i32; write [r, {0}] x {2}", inner, 2 * inner, t.type),
      "{act = \"silu\"}", target());
  auto combine = compileAndLoad(
      "expert_combine",
      formatv("read [r, {0}] x {2}; read [r] x i32; read [r] x i32; read [1] x i32; read [t, {1}] x f32; "
              "read_write [t, {0}] x f32",
              hidden, topK, t.type),
      "{}", target());
  ASSERT_TRUE(router && find && gather && gateUp && glu && down && combine);

  Buffer x(t.type, rows, hidden), logits(t.type, rows, t.experts);
  x.fill(random), logits.fill(random, 3.0);
  for (int64_t row = 0; t.favourite >= 0 && row < rows; ++row)
    logits.set(row, t.favourite, 4.0);
  std::vector<Buffer> gateUpWeights, downWeights;
  for (int64_t e = 0; e < t.experts; ++e) {
    gateUpWeights.emplace_back(t.weightType, 2 * inner, hidden).fill(random, 0.5);
    downWeights.emplace_back(t.weightType, hidden, inner).fill(random, 0.5);
  }
  Buffer gateUpPanels = packAll(gateUpWeights), downPanels = packAll(downWeights);

  Buffer indices("i32", rows, topK), weights("f32", rows, topK), sums("f32", rows, hidden);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t col = 0; col < hidden; ++col)
      sums.set(row, col, 0);
  int64_t blocks = ceilDiv(rows, kRowBlock), without = 0, all = 0;
  runGrid(router->find("kernel"), {&logits, &indices, &weights}, {rows}, {blocks, 1, 1});
  // The same buffers for every expert, as the loop has them: what an expert before has left must not matter.
  Buffer tokens("i32", 1, rows), slots("i32", 1, rows), count("i32", 1, 1);
  Buffer mine(t.type, rows, hidden), both(t.type, rows, 2 * inner), gated(t.type, rows, inner),
      out(t.type, rows, hidden);
  for (int64_t e = 0; e < t.experts; ++e) {
    auto grid = [&](int64_t n) {
      return std::array<int64_t, 3>{ceilDiv(rows, kGemmRows), ceilDiv(ceilDiv(n, kPanelColumns), 2), 1};
    };
    runGrid(find->find("kernel"), {&indices, &tokens, &slots, &count}, {rows, e}, {1, 1, 1});
    runGrid(gather->find("kernel"), {&x, &tokens, &count, &mine}, {rows}, {blocks, 1, 1});
    runGrid(gateUp->find("kernel"), {&mine, &gateUpPanels, &count, &both}, {rows, e}, grid(2 * inner));
    runGrid(glu->find("kernel"), {&both, &count, &gated}, {rows}, {blocks, 1, 1});
    runGrid(down->find("kernel"), {&gated, &downPanels, &count, &out}, {rows, e}, grid(hidden));
    runGrid(combine->find("kernel"), {&out, &tokens, &slots, &count, &weights, &sums}, {rows}, {blocks, 1, 1});
    without += count.getInteger(0, 0) == 0;
    all += count.getInteger(0, 0) == rows;
  }
  if (t.favourite >= 0) {
    EXPECT_GT(all, 0);
  }
  if (t.experts > rows * topK || t.favourite >= 0) {
    EXPECT_GT(without, 0) << "an expert without rows was meant to be among them";
  }
  for (const Buffer *buffer : {&tokens, &slots, &count, &mine, &both, &gated, &out, &sums})
    EXPECT_TRUE(buffer->untouched());

  auto rounded = [&](double value) { return t.type == "bf16" ? roundBf16(value) : value; };
  std::vector<double> want(rows * hidden);
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<double> p;
    for (int64_t e = 0; e < t.experts; ++e)
      p.push_back(std::exp(logits.get(row, e)));
    std::vector<int64_t> order(t.experts);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return p[a] > p[b] || (p[a] == p[b] && a < b); });
    double total = 0;
    for (int64_t i = 0; i < topK; ++i)
      total += p[order[i]];
    for (int64_t i = 0; i < topK; ++i) {
      int64_t e = order[i];
      auto dot = [&](const std::vector<Buffer> &w, int64_t col, int64_t k, llvm::function_ref<double(int64_t)> a) {
        double sum = 0;
        for (int64_t j = 0; j < k; ++j)
          sum += a(j) * w[e].get(col, j);
        return rounded(sum);
      };
      std::vector<double> h;
      for (int64_t c = 0; c < inner; ++c) {
        auto input = [&](int64_t j) { return x.get(row, j); };
        double gate = dot(gateUpWeights, c, hidden, input), up = dot(gateUpWeights, c + inner, hidden, input);
        h.push_back(rounded(rounded(gate / (1 + std::exp(-gate))) * up));
      }
      for (int64_t c = 0; c < hidden; ++c)
        want[row * hidden + c] += rounded(p[e] / total) * dot(downWeights, c, inner, [&](int64_t j) { return h[j]; });
    }
  }
  // f32's last digits may decide how bf16 rounds: now and then one unit at each of the roundings.
  EXPECT_TRUE(isClose(
      sums, [&](int64_t r, int64_t c) { return want[r * hidden + c]; }, t.type == "bf16" ? 4e-3 : 0,
      t.type == "bf16" ? 2e-2 : 2e-5))
      << t.type << " x " << t.weightType << ", " << t.experts << " experts, favourite " << t.favourite;
}
} // namespace

TEST_P(Moe, equalsTheSumOverChosenExperts) {
  for (auto [type, weightType] : {std::pair("f32", "f32"), {"f32", "bf16"}, {"bf16", "bf16"}}) {
    check({type, weightType, 8, 2, 37, 64, 48});
    check({type, weightType, 8, 2, 21, 33, 19});
    check({type, weightType, 128, 8, 13, 65, 24}); // 104 choices for 128 experts
  }
}

TEST_P(Moe, oneExpertMayTakeAllRows) {
  for (auto [type, weightType] : {std::pair("f32", "f32"), {"f32", "bf16"}, {"bf16", "bf16"}}) {
    check({type, weightType, 8, 1, 40, 31, 16, 3});
    check({type, weightType, 8, 1, 530, 20, 8, 7}); // more rows than a gemm workgroup takes
  }
}

TEST_P(Moe, aSingleRow) { check({"bf16", "bf16", 8, 2, 1, 64, 32}); }
