// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cross_entropy and mean; document_starts, which is as much about sequences.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class CrossEntropy : public OnEachLevel {
protected:
  /// Runs 2 sequences and returns {row_loss, row_count}.
  void run(const std::string &type, int64_t vocab, const Buffer &logits, const Buffer &labels, const Buffer &losses,
           const Buffer &counts) {
    auto library = compileAndLoad(
        "cross_entropy",
        formatv("read [b, s, {0}] x {2}, row_stride = {1}; read [b, s] x i64; write [b, s] x f32; write [b, s] x f32",
                vocab, logits.stride, type),
        "{ignore_index = -100}", target());
    ASSERT_TRUE(library);
    runGrid(library->find("kernel"), {&logits, &labels, &losses, &counts}, {logits.rows},
            {ceilDiv(logits.rows, kRowBlock), 1, 1});
  }
};
class Mean : public OnEachLevel {};
class DocumentStarts : public OnEachLevel {};
ON_EACH_LEVEL(CrossEntropy);
ON_EACH_LEVEL(Mean);
ON_EACH_LEVEL(DocumentStarts);
} // namespace

TEST_P(CrossEntropy, equalsTheDefinition) {
  for (std::string type : {"f32", "bf16"})
    for (int64_t seq : {1, 19})
      for (auto [vocab, scale] : {std::pair(1, 2.0), {151, 1.0}, {1024, 30.0}, {5003, 100.0}}) {
        int64_t batch = 2;
        Buffer logits(type, batch * seq, vocab, vocab + 3), labels("i64", batch, seq), losses("f32", batch, seq),
            counts("f32", batch, seq);
        logits.fill(random, scale);
        for (int64_t i = 0; i < batch * seq; ++i)
          labels.setInteger(0, i, i % 5 == 3 ? -100 : (i * 37) % vocab);
        run(type, vocab, logits, labels, losses, counts);
        auto scored = [&](int64_t b, int64_t s) { return labels.getInteger(b, s) != -100; };
        auto loss = [&](int64_t b, int64_t s) {
          if (!scored(b, s))
            return 0.0;
          double top = -INFINITY, sum = 0;
          for (int64_t i = 0; i < vocab; ++i)
            top = std::max(top, logits.get(b * seq + s, i));
          for (int64_t i = 0; i < vocab; ++i)
            sum += std::exp(logits.get(b * seq + s, i) - top);
          return std::log(sum) + top - logits.get(b * seq + s, labels.getInteger(b, s));
        };
        EXPECT_TRUE(isClose(losses, loss, 1e-6, 2e-7)) << type << " " << vocab;
        EXPECT_TRUE(isClose(counts, [&](int64_t b, int64_t s) { return scored(b, s); }, 0, 0));
        EXPECT_TRUE(losses.untouched());
        EXPECT_TRUE(counts.untouched());
      }
}

TEST_P(CrossEntropy, showsWhatIsNotANumber) {
  int64_t vocab = 40;
  Buffer logits("f32", 4, vocab), labels("i64", 1, 4), losses("f32", 1, 4), counts("f32", 1, 4);
  logits.fill(random);
  for (int64_t s = 0; s < 4; ++s)
    labels.setInteger(0, s, 7);
  logits.set(0, 30, NAN);
  labels.setInteger(0, 1, 40);
  labels.setInteger(0, 2, -1);
  for (int64_t i = 0; i < vocab; ++i)
    logits.set(3, i, i == 7 ? 1000 : -INFINITY);
  run("f32", vocab, logits, labels, losses, counts);
  EXPECT_TRUE(std::isnan(losses.get(0, 0)));
  EXPECT_TRUE(std::isnan(losses.get(0, 1))) << "a label beyond the vocabulary";
  EXPECT_TRUE(std::isnan(losses.get(0, 2))) << "a negative label that is not ignore_index";
  EXPECT_EQ(losses.get(0, 3), 0);
}

TEST_P(CrossEntropy, blocksOfNothingButMinusInfinityAddNothing) {
  int64_t vocab = 2500;
  Buffer logits("f32", 2, vocab), labels("i64", 1, 2), losses("f32", 1, 2), counts("f32", 1, 2);
  // What can be chosen lies behind the first block, or before the last.
  for (int64_t i = 0; i < vocab; ++i) {
    logits.set(0, i, i >= 2000 ? 1 : -INFINITY);
    logits.set(1, i, i < 500 ? -3 : -INFINITY);
  }
  labels.setInteger(0, 0, 2001);
  labels.setInteger(0, 1, 3);
  run("f32", vocab, logits, labels, losses, counts);
  EXPECT_TRUE(isClose(losses, [](int64_t, int64_t) { return std::log(500.0); }, 1e-6, 0));
}

TEST_P(Mean, dividesSums) {
  auto library = compileAndLoad("mean", "read [r] x f32; read [r] x f32; write [] x f32", "{}", target());
  ASSERT_TRUE(library);
  for (int64_t rows : {1, 1000}) {
    Buffer losses("f32", 1, rows), counts("f32", 1, rows), mean("f32", 1, 1);
    losses.fill(random);
    double sum = 0, count = 0;
    for (int64_t i = 0; i < rows; ++i) {
      counts.set(0, i, i % 3 == 0);
      sum += losses.get(0, i), count += counts.get(0, i);
    }
    runGrid(library->find("kernel"), {&losses, &counts, &mean}, {rows}, {1, 1, 1});
    EXPECT_EQ(mean.get(0, 0), float(sum / count));
    EXPECT_TRUE(mean.untouched());
  }
}

TEST_P(DocumentStarts, findsRunsOfPositions) {
  auto library = compileAndLoad("document_starts", "read [b, s] x i64; write [b, s] x i32", "{}", target());
  ASSERT_TRUE(library);
  const int64_t positions[2][7] = {{0, 1, 2, 0, 1, 0, 0}, {5, 6, 7, 8, 3, 4, 9}},
                expected[2][7] = {{0, 0, 0, 3, 3, 5, 6}, {0, 0, 0, 0, 4, 4, 6}};
  Buffer given("i64", 2, 7), starts("i32", 2, 7);
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t s = 0; s < 7; ++s)
      given.setInteger(b, s, positions[b][s]);
  for (bool ignore : {false, true}) {
    runGrid(library->find("kernel"), {&given, &starts}, {2, 7, ignore}, {2, 1, 1});
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t s = 0; s < 7; ++s)
        EXPECT_EQ(starts.getInteger(b, s), ignore ? 0 : expected[b][s]) << b << ", " << s;
    EXPECT_TRUE(starts.untouched());
  }
}
