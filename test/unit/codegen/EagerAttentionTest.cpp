// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of attention in eager form: attention_mask, attention_scores, attention_values.
#include "Support.h"

#include <limits>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class EagerAttention : public OnEachLevel {};
ON_EACH_LEVEL(EagerAttention);
} // namespace

TEST_P(EagerAttention, maskFollowsDocumentsWindowOrderAndKeys) {
  int64_t batch = 2;
  for (auto [full, ends] : {std::pair(false, false), {true, false}, {true, true}})
    for (int64_t window : {0, 5}) {
      auto library =
          compileAndLoad("attention_mask",
                         formatv("read [b, s] x i32; {0} read [b, t] x i64; write [b, s, 1, t] x f32",
                                 ends ? "read [b, s] x i32;" : ""),
                         formatv("{{window = {0}, visibility = \"{1}\"}", window, full ? "full" : "causal"), target());
      ASSERT_TRUE(library);
      for (auto [seq, count] : {std::pair<int64_t, int64_t>(37, 37), {1, 1}, {5, 21}, {21, 5}, {3, 0}})
        for (bool masked : {false, true}) {
          Buffer starts("i32", batch * seq, 1), documentEnds("i32", batch * seq, 1), keys("i64", batch * count, 1),
              out("f32", batch * seq, count);
          for (int64_t row = 0; row < batch * seq; ++row) {
            starts.setInteger(row, 0, row % seq >= 20 ? 20 : 0);
            documentEnds.setInteger(row, 0, row % seq >= 20 ? seq : 20);
          }
          for (int64_t row = 0; row < batch * count; ++row)
            keys.setInteger(row, 0, row % 5 != 0);
          std::vector<const Buffer *> operands{&starts};
          if (ends)
            operands.push_back(&documentEnds);
          operands.insert(operands.end(), {&keys, &out});
          runGrid(library->find("kernel"), operands, {batch * seq, seq, count, masked},
                  {ceilDiv(batch * seq, kRowBlock), 1, 1});
          auto want = [&, seq = seq, count = count, full = full, ends = ends](int64_t row, int64_t key) {
            int64_t place = row % seq + count - seq;
            bool seen = starts.getInteger(row, 0) <= key && (full || key <= place);
            seen &= !ends || key < documentEnds.getInteger(row, 0);
            seen &= window == 0 || std::abs(place - key) < window;
            seen &= !masked || keys.getInteger(row / seq * count + key, 0) != 0;
            return seen ? 0.0 : std::numeric_limits<float>::lowest();
          };
          EXPECT_TRUE(isClose(out, want, 0, 0)) << window << " " << masked << " " << seq << " " << count;
          EXPECT_TRUE(out.untouched());
        }
    }
}

TEST_P(EagerAttention, productsOverGroupedHeads) {
  for (std::string type : {"f32", "bf16"})
    for (auto [heads, kvHeads, dim] : {std::tuple<int64_t, int64_t, int64_t>(4, 2, 20), {3, 1, 64}, {2, 2, 1}}) {
      int64_t batch = 2, seq = 11, count = 14, rows = batch * seq, group = heads / kvHeads, ldq = heads * dim + 1,
              ldk = kvHeads * dim + 2;
      std::string common = formatv("[b, s, {0}, t] x f32", heads);
      std::string wide = formatv("[b, s, {0}, {1}] x {2}, row_rank = 2, row_stride = {3}", heads, dim, type, ldq);
      std::string narrow = formatv("[b, t, {0}, {1}] x {2}, row_rank = 2, row_stride = {3}", kvHeads, dim, type, ldk);
      auto scores =
          compileAndLoad("attention_scores", "read " + wide + "; read " + narrow + "; write " + common, "{}", target());
      auto values =
          compileAndLoad("attention_values", "read " + common + "; read " + narrow + "; write " + wide, "{}", target());
      ASSERT_TRUE(scores && values);
      Buffer q(type, rows, heads * dim, ldq), k(type, batch * count, kvHeads * dim, ldk), s("f32", rows, heads * count),
          out(type, rows, heads * dim, ldq);
      q.fill(random), k.fill(random);
      std::array<int64_t, 3> grid{ceilDiv(rows, kRowBlock), 1, 1};
      runGrid(scores->find("kernel"), {&q, &k, &s}, {rows, seq, count}, grid);
      auto score = [&](int64_t row, int64_t c) {
        int64_t head = c / count, key = row / seq * count + c % count;
        double sum = 0;
        for (int64_t d = 0; d < dim; ++d)
          sum += q.get(row, head * dim + d) * k.get(key, head / group * dim + d);
        return sum;
      };
      EXPECT_TRUE(isClose(s, score, 1e-6, 1e-6)) << wide << " " << narrow;
      EXPECT_TRUE(s.untouched());
      runGrid(values->find("kernel"), {&s, &k, &out}, {rows, seq, count}, grid);
      auto value = [&](int64_t row, int64_t c) {
        double sum = 0;
        for (int64_t key = 0; key < count; ++key)
          sum += s.get(row, c / dim * count + key) * k.get(row / seq * count + key, c / dim / group * dim + c % dim);
        return sum;
      };
      EXPECT_TRUE(isClose(out, value, type == "bf16" ? 0x1.01p-8 : 1e-5, 1e-4)) << wide << " " << narrow;
      EXPECT_TRUE(out.untouched());
    }
}
