// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel of the gated delta rule: gated_delta_scan.
#include "Support.h"

#include <cstring>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class GatedDeltaScan : public OnEachLevel {};
ON_EACH_LEVEL(GatedDeltaScan);

/// Documents of different lengths in every row of the batch, one of a single token among them.
Buffer documents(int64_t batch, int64_t seq) {
  Buffer starts("i32", batch * seq, 1);
  for (int64_t row = 0; row < batch * seq; ++row) {
    int64_t token = row % seq, second = 7 + row / seq;
    starts.setInteger(row, 0, token < second ? 0 : token == second ? second : second + 1);
  }
  return starts;
}

/// One head's state over a row of the batch, by the definition.
class Recurrence {
public:
  Recurrence(int64_t keyDim, int64_t valueDim) : keyDim(keyDim), valueDim(valueDim), state(keyDim * valueDim) {}

  void reset() { std::fill(state.begin(), state.end(), 0.0); }
  void step(double decay, double beta, llvm::function_ref<double(int64_t)> key,
            llvm::function_ref<double(int64_t)> value) {
    for (double &entry : state)
      entry *= decay;
    for (int64_t j = 0; j < valueDim; ++j) {
      double held = 0;
      for (int64_t i = 0; i < keyDim; ++i)
        held += key(i) * state[i * valueDim + j];
      for (int64_t i = 0; i < keyDim; ++i)
        state[i * valueDim + j] += key(i) * beta * (value(j) - held);
    }
  }
  double read(llvm::function_ref<double(int64_t)> query, int64_t j) const {
    double sum = 0;
    for (int64_t i = 0; i < keyDim; ++i)
      sum += query(i) * state[i * valueDim + j];
    return sum;
  }

private:
  int64_t keyDim, valueDim;
  std::vector<double> state;
};

/// Operands of the scan: keys and queries of length about 1, gates that let the state live for some tokens.
struct Scan {
  int64_t batch, seq, heads, keyHeads, keyDim, valueDim;
  int64_t rows = batch * seq;
  Buffer q{"f32", rows, keyHeads * keyDim, keyHeads * keyDim + 3},
      k{"f32", rows, keyHeads * keyDim, keyHeads * keyDim + 1};
  Buffer v{"f32", rows, heads * valueDim, heads * valueDim + 5}, g{"f32", rows, heads, heads + 2},
      beta{"f32", rows, heads};
  Buffer starts = documents(batch, seq);

  std::string operands() const {
    std::string key = formatv("read [b, s, {0}, {1}] x f32, row_rank = 2, row_stride = ", keyHeads, keyDim),
                value = formatv("[b, s, {0}, {1}] x f32, row_rank = 2, row_stride = ", heads, valueDim),
                gate = formatv("read [b, s, {0}] x f32, row_stride = ", heads);
    return formatv("{0}{3}; {0}{4}; read {1}{5}; {2}{6}; {2}{7}; read [b, s] x i32; write [b, {9}, {10}, {11}, 32] x "
                   "f32; write {1}{8}",
                   key, value, gate, q.stride, k.stride, v.stride, g.stride, beta.stride, heads * valueDim + 2, heads,
                   blocks(), keyDim);
  }
  void fill(std::mt19937 &random) {
    q.fill(random, std::sqrt(3.0 / keyDim)), k.fill(random, std::sqrt(3.0 / keyDim)), v.fill(random), g.fill(random),
        beta.fill(random);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t head = 0; head < heads; ++head) {
        g.set(row, head, -std::abs(g.get(row, head)));
        beta.set(row, head, std::abs(beta.get(row, head)));
      }
  }
  int64_t blocks() const { return ceilDiv(valueDim, kDeltaColumns); }
  Buffer state() const { return Buffer("f32", batch * heads * blocks() * keyDim, kDeltaColumns); }
  Buffer out() const { return Buffer("f32", rows, heads * valueDim, heads * valueDim + 2); }
  void run(const Library &library, const Buffer &state, const Buffer &out) const {
    runGrid(library.find("kernel"), {&q, &k, &v, &g, &beta, &starts, &state, &out}, {seq},
            {batch * heads, blocks(), 1});
  }
};
} // namespace

TEST_P(GatedDeltaScan, scanFollowsTheRecurrence) {
  // heads, key heads, key dim, value dim: within a vector, one block and a part, several whole blocks.
  for (auto [heads, keyHeads, keyDim, valueDim] :
       {std::tuple<int64_t, int64_t, int64_t, int64_t>(4, 2, 12, 20), {2, 2, 33, 1}, {3, 1, 16, 45}, {2, 1, 64, 64}}) {
    Scan scan{2, 75, heads, keyHeads, keyDim, valueDim};
    scan.fill(random);
    auto library = compileAndLoad("gated_delta_scan", scan.operands(), "{}", target());
    ASSERT_TRUE(library);
    Buffer state = scan.state(), out = scan.out();
    scan.run(*library, state, out);
    std::vector<double> expected(scan.rows * heads * valueDim);
    for (int64_t head = 0; head < heads; ++head) {
      Recurrence recurrence(keyDim, valueDim);
      int64_t keyColumn = head / (heads / keyHeads) * keyDim;
      for (int64_t row = 0; row < scan.rows; ++row) {
        if (scan.starts.getInteger(row, 0) == row % scan.seq)
          recurrence.reset();
        recurrence.step(
            std::exp(scan.g.get(row, head)), scan.beta.get(row, head),
            [&](int64_t i) { return scan.k.get(row, keyColumn + i); },
            [&](int64_t j) { return scan.v.get(row, head * valueDim + j); });
        for (int64_t j = 0; j < valueDim; ++j)
          expected[row * heads * valueDim + head * valueDim + j] =
              recurrence.read([&](int64_t i) { return scan.q.get(row, keyColumn + i); }, j);
      }
    }
    EXPECT_TRUE(isClose(
        out, [&](int64_t row, int64_t c) { return expected[row * heads * valueDim + c]; }, 2e-6, 4e-6))
        << scan.operands();
    EXPECT_TRUE(out.untouched() && state.untouched());
  }
}

TEST_P(GatedDeltaScan, documentsOfAScanDoNotMeet) {
  // Not even where one holds what is no number.
  Scan scan{1, 20, 2, 1, 16, 40};
  scan.fill(random);
  auto library = compileAndLoad("gated_delta_scan", scan.operands(), "{}", target());
  ASSERT_TRUE(library);
  Buffer state = scan.state(), clean = scan.out(), out = scan.out();
  scan.run(*library, state, clean);
  scan.v.set(3, 5, NAN);
  scan.run(*library, state, out);
  auto same = [&](int64_t row) {
    for (int64_t c = 0; c < 80; ++c)
      if (float a = clean.get(row, c), b = out.get(row, c); std::memcmp(&a, &b, sizeof a) != 0)
        return false;
    return true;
  };
  EXPECT_TRUE(std::isnan(out.get(6, 5)));
  for (int64_t row : {0, 1, 2, 7, 8, 19})
    EXPECT_TRUE(same(row)) << row;
}
