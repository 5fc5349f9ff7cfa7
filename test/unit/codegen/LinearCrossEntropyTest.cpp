// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// linear_cross_entropy and cross_entropy_combine, which together are gemm and cross_entropy without logits.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
struct Case {
  std::string a = "f32", w = "f32";
  int64_t batch = 1, seq = 1, vocab = 1, k = 1;
  bool bias = false, dot = false;

  int64_t rows() const { return batch * seq; }
};

std::shared_ptr<const Buffer> randomWeights(const Case &t, std::mt19937 &random) {
  auto w = std::make_shared<Buffer>(t.w, t.vocab, t.k);
  w->fill(random);
  return w;
}

/// What the kernels read.
struct Inputs {
  Inputs(const Case &t, std::mt19937 &random, double scale)
      : a(t.a, t.rows(), t.k, t.k + 5), bias(t.w, 1, t.vocab), labels("i64", t.batch, t.seq),
        w(randomWeights(t, random)), packed(std::make_shared<Buffer>(pack(*w))) {
    a.fill(random, scale), bias.fill(random);
    for (int64_t i = 0; i < t.rows(); ++i)
      labels.setInteger(0, i, i % 5 == 3 ? -100 : (i * 37 + i / 7) % t.vocab);
  }
  /// The last rows of `all`, which has one sequence, as those of `t`.
  Inputs(const Case &t, const Inputs &all)
      : a(t.a, t.seq, t.k, t.k + 5), bias(t.w, 1, t.vocab), labels("i64", 1, t.seq), w(all.w), packed(all.packed) {
    int64_t first = all.a.rows - t.seq;
    for (int64_t s = 0; s < t.seq; ++s) {
      labels.setInteger(0, s, all.labels.getInteger(0, first + s));
      for (int64_t i = 0; i < t.k; ++i)
        a.set(s, i, all.a.get(first + s, i));
    }
  }

  Buffer a, bias, labels;
  std::shared_ptr<const Buffer> w, packed;
};

struct Outputs {
  explicit Outputs(const Case &t) : losses("f32", t.batch, t.seq), counts("f32", t.batch, t.seq) {}

  Buffer losses, counts;
};

/// The operands W and bias.
std::string weights(const Case &t) {
  std::string w = formatv("read [{0}, {1}] x {2}, {3};", t.vocab, t.k, t.w, tiles(t.w)),
              bias = formatv("read [{0}] x {1};", t.vocab, t.w);
  return t.bias ? w + bias : w;
}

class LinearCrossEntropy : public OnEachLevel {
protected:
  /// Compiled once per test.
  veomni_kernel_fn kernel(const std::string &kind, const std::string &operands, const std::string &attributes) {
    std::unique_ptr<Library> &library = libraries[kind + operands + attributes];
    if (!library)
      library = compileAndLoad(kind, operands, attributes, target());
    return library ? library->find("kernel") : nullptr;
  }

  Outputs run(const Case &t, const Inputs &in) {
    Outputs out(t);
    int64_t width = 2 * lossChunks(t.vocab) + 1, ldp = width + 3;
    std::string rest = formatv("[b, s, {0}] x f32, row_stride = {1}", width, ldp);
    auto partials = kernel("linear_cross_entropy",
                           formatv("read [b, s, {1}] x {3}, row_stride = {2}; {4} read [b, s] x i64; write {5}",
                                   t.vocab, t.k, in.a.stride, t.a, weights(t), rest),
                           formatv("{{group = 3{0}, ignore_index = -100}", t.dot ? ", bf16_dot = true" : ""));
    auto combine =
        kernel("cross_entropy_combine", "read " + rest + "; read [b, s] x i64; write [b, s] x f32; write [b, s] x f32",
               formatv("{{vocab = {0}, ignore_index = -100}", t.vocab));
    if (!partials || !combine)
      return out;
    Buffer kept("f32", t.rows(), width, ldp);
    std::vector<const Buffer *> operands{&in.a, in.packed.get(), &in.labels, &kept};
    if (t.bias)
      operands.insert(operands.begin() + 2, &in.bias);
    runGrid(partials, operands, {t.rows()}, {ceilDiv(t.rows(), kGemmRows), lossChunks(t.vocab), 1});
    EXPECT_TRUE(kept.untouched());
    runGrid(combine, {&kept, &in.labels, &out.losses, &out.counts}, {t.rows()}, {ceilDiv(t.rows(), kRowBlock), 1, 1});
    EXPECT_TRUE(out.losses.untouched());
    EXPECT_TRUE(out.counts.untouched());
    return out;
  }

  /// The same by gemm and cross_entropy.
  Outputs runByRows(const Case &t, const Inputs &in) {
    Outputs out(t);
    Buffer logits("f32", t.rows(), t.vocab);
    auto gemm = kernel("gemm",
                       formatv("read [b, s, {1}] x {3}, row_stride = {2}; {4} write [b, s, {0}] x f32", t.vocab, t.k,
                               in.a.stride, t.a, weights(t)),
                       formatv("{{group = 3{0}}", t.dot ? ", bf16_dot = true" : ""));
    auto loss =
        kernel("cross_entropy",
               formatv("read [b, s, {0}] x f32; read [b, s] x i64; write [b, s] x f32; write [b, s] x f32", t.vocab),
               "{ignore_index = -100}");
    if (!gemm || !loss)
      return out;
    std::vector<const Buffer *> operands{&in.a, in.packed.get(), &logits};
    if (t.bias)
      operands.insert(operands.begin() + 2, &in.bias);
    runGrid(gemm, operands, {t.rows()}, {ceilDiv(t.rows(), kGemmRows), ceilDiv(ceilDiv(t.vocab, 32), 3), 1});
    runGrid(loss, {&logits, &in.labels, &out.losses, &out.counts}, {t.rows()}, {ceilDiv(t.rows(), kRowBlock), 1, 1});
    return out;
  }

  void expectSameAsByRows(const Case &t, const Inputs &in) {
    Outputs got = run(t, in), want = runByRows(t, in);
    EXPECT_TRUE(isClose(
        got.losses, [&](int64_t b, int64_t s) { return want.losses.get(b, s); }, 1e-6, 5e-7))
        << t.a << " x " << t.w << ", " << t.rows() << " rows, vocab = " << t.vocab << ", k = " << t.k;
    EXPECT_TRUE(isClose(got.counts, [&](int64_t b, int64_t s) { return want.counts.get(b, s); }, 0, 0));
  }

private:
  std::map<std::string, std::unique_ptr<Library>> libraries;
};
ON_EACH_LEVEL(LinearCrossEntropy);

std::vector<Case> typesFor(const Target &target) {
  std::vector<Case> types = {{"f32", "f32"}, {"f32", "bf16"}, {"bf16", "bf16"}, {"bf16", "f32"}};
  if (target.bf16Dot)
    types.push_back({.w = "bf16", .dot = true});
  return types;
}
} // namespace

TEST_P(LinearCrossEntropy, equalsTheDefinition) {
  for (Case t : typesFor(target()))
    for (auto [vocab, k] : {std::pair(1, 3), {151, 33}, {1050, 16}}) {
      t.batch = 2, t.seq = 19, t.vocab = vocab, t.k = k, t.bias = k % 2;
      Inputs in(t, random, 2.0);
      Outputs out = run(t, in);
      auto scored = [&](int64_t b, int64_t s) { return in.labels.getInteger(b, s) != -100; };
      auto loss = [&](int64_t b, int64_t s) {
        if (!scored(b, s))
          return 0.0;
        double sum = 0, own = 0;
        for (int64_t v = 0; v < t.vocab; ++v) {
          double logit = t.bias ? in.bias.get(0, v) : 0.0;
          for (int64_t i = 0; i < t.k; ++i) {
            double x = in.a.get(b * t.seq + s, i);
            logit += (t.dot ? roundBf16(x) : x) * in.w->get(v, i);
          }
          sum += std::exp(logit);
          if (v == in.labels.getInteger(b, s))
            own = logit;
        }
        return std::log(sum) - own;
      };
      EXPECT_TRUE(isClose(out.losses, loss, 1e-6, 3e-6))
          << t.a << " x " << t.w << ", vocab = " << vocab << ", k = " << k;
      EXPECT_TRUE(isClose(out.counts, [&](int64_t b, int64_t s) { return scored(b, s); }, 0, 0));
    }
}

TEST_P(LinearCrossEntropy, everyRowCountMeetsEveryTile) {
  for (Case t : typesFor(target())) {
    t.vocab = 530, t.k = 21, t.bias = true;
    for (int64_t seq : {1, 2, 3, 5, 7, 12, 23, 37, 517}) {
      t.seq = seq;
      expectSameAsByRows(t, Inputs(t, random, 1.0));
    }
  }
}

TEST_P(LinearCrossEntropy, longInnerSizesAreBlocked) {
  for (Case t : typesFor(target())) {
    t.seq = 29, t.vocab = 530, t.k = 6149;
    expectSameAsByRows(t, Inputs(t, random, 0.1));
  }
}

TEST_P(LinearCrossEntropy, labelsAtTheBordersOfChunks) {
  Case t{.seq = 12, .vocab = 2 * kLossPanels * kPanelColumns + 45, .k = 8};
  Inputs in(t, random, 1.0);
  int64_t chunk = kLossPanels * kPanelColumns;
  const int64_t borders[] = {0,         31,           32,           chunk - 1,   chunk,      chunk + 1, 2 * chunk - 1,
                             2 * chunk, t.vocab - 14, t.vocab - 13, t.vocab - 2, t.vocab - 1};
  for (int64_t s = 0; s < t.seq; ++s)
    in.labels.setInteger(0, s, borders[s]);
  expectSameAsByRows(t, in);
}

TEST_P(LinearCrossEntropy, rowsThatAreIgnored) {
  Case t{.batch = 2, .seq = 40, .vocab = 151, .k = 20};
  Inputs in(t, random, 1.0);
  // Whole tiles, as a prompt is.
  for (int64_t s = 0; s < 30; ++s)
    in.labels.setInteger(1, s, -100);
  expectSameAsByRows(t, in);
  for (int64_t s = 0; s < t.rows(); ++s)
    in.labels.setInteger(0, s, -100);
  Outputs out = run(t, in);
  EXPECT_TRUE(isClose(out.losses, [](int64_t, int64_t) { return 0; }, 0, 0));
  EXPECT_TRUE(isClose(out.counts, [](int64_t, int64_t) { return 0; }, 0, 0));
}

TEST_P(LinearCrossEntropy, hugeLogitsDoNotOverflow) {
  for (double scale : {1e3, 1e20, 1e37}) {
    Case t{.seq = 9, .vocab = 700, .k = 5};
    Inputs in(t, random, scale);
    expectSameAsByRows(t, in);
  }
}

TEST_P(LinearCrossEntropy, showsWhatIsNotANumber) {
  // Logits are biases: A is 0.
  Case t{.seq = 8, .vocab = 600, .k = 2, .bias = true};
  Inputs in(t, random, 0.0);
  for (int64_t s = 0; s < t.seq; ++s)
    in.labels.setInteger(0, s, 7);
  in.labels.setInteger(0, 1, t.vocab);
  in.labels.setInteger(0, 2, -1);
  in.labels.setInteger(0, 3, 8);
  auto losses = [&] {
    Outputs out = run(t, in), rows = runByRows(t, in);
    for (int64_t s = 0; s < t.seq; ++s) {
      double got = out.losses.get(0, s), want = rows.losses.get(0, s);
      EXPECT_TRUE(std::isnan(got)    ? std::isnan(want)
                  : std::isinf(want) ? got == want
                                     : std::abs(got - want) < 1e-6)
          << s << ": " << got << ", " << want;
    }
    return std::array{out.losses.get(0, 0), out.losses.get(0, 1), out.losses.get(0, 2), out.losses.get(0, 3)};
  };
  auto [finite, beyond, negative, other] = losses();
  EXPECT_TRUE(std::isfinite(finite));
  EXPECT_TRUE(std::isnan(beyond)) << "a label beyond the vocabulary";
  EXPECT_TRUE(std::isnan(negative)) << "a negative label that is not ignore_index";
  in.bias.set(0, 8, -INFINITY);
  EXPECT_EQ(losses()[3], INFINITY) << "a class that cannot be";
  for (int64_t i = 0; i < t.vocab; ++i)
    in.bias.set(0, i, i == 7 ? 1000 : -INFINITY);
  EXPECT_EQ(losses()[0], 0);
  in.bias.set(0, 7, -INFINITY);
  EXPECT_TRUE(std::isnan(losses()[0])) << "all logits are -inf";
  in.bias.set(0, 7, INFINITY);
  EXPECT_TRUE(std::isnan(losses()[0])) << "infinity";
  in.bias.set(0, 7, 1), in.bias.set(0, 520, NAN);
  EXPECT_TRUE(std::isnan(losses()[0])) << "a logit that is not a number";
}

TEST_P(LinearCrossEntropy, chunksOfNothingButMinusInfinityAddNothing) {
  Case t{.vocab = 3 * kLossPanels * kPanelColumns, .k = 1, .bias = true};
  Inputs in(t, random, 0.0);
  in.labels.setInteger(0, 0, t.vocab - 1);
  for (int64_t i = 0; i < t.vocab; ++i)
    in.bias.set(0, i, i < t.vocab - 2 ? -INFINITY : 1.0);
  EXPECT_NEAR(run(t, in).losses.get(0, 0), std::log(2.0), 1e-6);
}

TEST_P(LinearCrossEntropy, aRowIsTheSameInEveryTile) {
  for (Case t : typesFor(target())) {
    t.seq = 37, t.vocab = 550, t.k = 3077;
    Inputs in(t, random, 0.1);
    for (int64_t s = 0; s < t.seq; ++s)
      in.labels.setInteger(0, s, s * 11);
    Outputs all = run(t, in);
    for (int64_t count : {1, 2, 5, 16}) {
      Case part = t;
      part.seq = count;
      Outputs out = run(part, Inputs(part, in));
      EXPECT_TRUE(isClose(
          out.losses, [&](int64_t, int64_t s) { return all.losses.get(0, t.seq - count + s); }, 0, 0))
          << t.a << " x " << t.w;
    }
  }
}
