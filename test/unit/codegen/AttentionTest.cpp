// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels attention_pack and attention against softmax by its definition, in f64.
#include "Support.h"

#include <numeric>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;

namespace {
struct Shape {
  std::string type;
  int64_t heads, kvHeads, headDim, window, batch = 1;
  double scale = 1 / std::sqrt(double(headDim));
  /// Where values lie in their rows: head h from column valueAt + h * valueRun on.
  int64_t valueDim = headDim, valueRun = valueDim, valueAt = 0;
  int64_t valueColumns() const { return valueAt + (kvHeads - 1) * valueRun + valueDim; }
  std::string sinks = ""; ///< their type, if there are any
  bool full = false, ends = false;
};

Shape withVisibility(Shape shape, bool ends) {
  shape.full = true, shape.ends = ends;
  return shape;
}

Shape withSinks(Shape shape, std::string type) {
  shape.sinks = std::move(type);
  return shape;
}

/// The kernels of one shape.
class Kernels {
public:
  Kernels(const Shape &s, const Target &target)
      : shape(s), pack(compileAndLoad("attention_pack", packOperands(s),
                                      likeKeys(s) ? std::string("{}")
                                                  : llvm::formatv("{{v_head_dim = {0}, v_run = {1}, v_at = {2}}",
                                                                  s.valueDim, s.valueRun, s.valueAt)
                                                        .str(),
                                      target)),
        attend(compileAndLoad("attention", attendOperands(s),
                              llvm::formatv("{{window = {0}, scale = {1:e9} : f32{2}}", s.window, s.scale,
                                            s.full ? ", visibility = \"full\"" : ""),
                              target)) {}

  const Shape shape;
  std::unique_ptr<Library> pack, attend;

private:
  /// Values fill their rows.
  static bool likeKeys(const Shape &s) { return s.valueRun == s.valueDim && s.valueAt == 0; }
  static std::string packed(const Shape &s, const char *access) {
    return llvm::formatv("{0} [b, {1}, q, {2}, 32] x f32; {0} [b, {1}, {3}, q, 1024] x f32;", access, s.kvHeads,
                         s.headDim, ceilDiv(s.valueDim, 32));
  }
  static std::string packOperands(const Shape &s) {
    return llvm::formatv(
        "read [b, t, {0}, {1}] x {2}, row_rank = 2, row_stride = {3}; read [b, t, {4}] x {2}, row_stride = {5}; {6}",
        s.kvHeads, s.headDim, s.type, s.kvHeads * s.headDim + 5, s.valueColumns(), s.valueColumns() + 2,
        packed(s, "write"));
  }
  static std::string attendOperands(const Shape &s) {
    std::string ends = s.ends ? "read [b, s] x i32;" : "";
    std::string sinks = s.sinks.empty() ? "" : llvm::formatv("read [{0}] x {1};", s.heads, s.sinks).str();
    return llvm::formatv(
        "read [b, s, {0}, {1}] x {2}, row_rank = 2, row_stride = {3}; {4} read [b, s] x i32; {8} read [b, t] x i64; "
        "{5} write [b, s, {0}, {6}] x {2}, row_rank = 2, row_stride = {7}",
        s.heads, s.headDim, s.type, s.heads * s.headDim + 3, packed(s, "read"), sinks, s.valueDim,
        s.heads * s.valueDim + 7, ends);
  }
};

/// One call of both kernels. Scratch operands and the memory around operands hold NaN or a guard pattern.
class Call {
public:
  Call(const Shape &s, int64_t seq) : Call(s, seq, seq) {}
  Call(const Shape &s, int64_t seq, int64_t count)
      : s(s), seq(seq), count(count), q(s.type, s.batch * seq, s.heads * s.headDim, s.heads * s.headDim + 3),
        keys(s.type, s.batch * count, s.kvHeads * s.headDim, s.kvHeads * s.headDim + 5),
        values(s.type, s.batch * count, s.valueColumns(), s.valueColumns() + 2),
        packedK("f32", s.batch * s.kvHeads * ceilDiv(count, 32) * s.headDim, 32),
        packedV("f32", s.batch * s.kvHeads * ceilDiv(s.valueDim, 32) * ceilDiv(count, 32) * 32, 32),
        starts("i32", s.batch, seq), ends("i32", s.batch, seq), mask("i64", s.batch, count),
        sinks(s.sinks.empty() ? "f32" : s.sinks, 1, s.heads),
        out(s.type, s.batch * seq, s.heads * s.valueDim, s.heads * s.valueDim + 7) {
    for (Buffer *packed : {&packedK, &packedV})
      for (int64_t row = 0; row < packed->rows; ++row)
        for (int64_t col = 0; col < 32; ++col)
          packed->set(row, col, NAN);
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t t = 0; t < seq; ++t)
        starts.setInteger(b, t, 0), ends.setInteger(b, t, count);
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t t = 0; t < count; ++t)
        mask.setInteger(b, t, 1);
  }

  void fill(std::mt19937 &random) {
    q.fill(random, 2), keys.fill(random, 2), values.fill(random), sinks.fill(random, 3);
  }

  void run(const Kernels &kernels, bool useMask) {
    runGrid(kernels.pack->find("kernel"), {&keys, &values, &packedK, &packedV}, {s.batch, count},
            {s.batch * s.kvHeads, ceilDiv(count, kAttentionPackRows), 1});
    std::vector<const Buffer *> operands{&q, &packedK, &packedV, &starts};
    if (s.ends)
      operands.push_back(&ends);
    operands.push_back(&mask);
    if (!s.sinks.empty())
      operands.push_back(&sinks);
    operands.push_back(&out);
    runGrid(kernels.attend->find("kernel"), operands, {s.batch, seq, count, useMask},
            {s.batch * s.heads, ceilDiv(seq, kAttentionQueryRows), 1});
  }

  bool sees(int64_t b, int64_t query, int64_t key, bool useMask) const {
    int64_t place = query + count - seq;
    bool seen = starts.getInteger(b, query) <= key && key < (s.ends ? ends.getInteger(b, query) : count);
    seen &= s.full || key <= place;
    seen &= s.window == 0 || std::abs(place - key) < s.window;
    return seen && (!useMask || mask.getInteger(b, key) != 0);
  }

  /// Against softmax by its definition, in f64. A query that sees no key has the mean of all values, or 0 where there
  /// are sinks.
  ::testing::AssertionResult isRight(bool useMask) const {
    std::vector<double> want(s.valueDim), weights(count), allQ = numbers(q), allKeys = numbers(keys),
                                                          allValues = numbers(values);
    double rtol = s.type == "f32" ? 2e-6 : 4e-3, atol = 2e-6;
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t head = 0; head < s.heads; ++head)
        for (int64_t query = 0; query < seq; ++query) {
          int64_t kvHead = head / (s.heads / s.kvHeads);
          reference(b, query, useMask, s.sinks.empty() ? -INFINITY : sinks.get(0, head),
                    &allQ[((b * seq + query) * s.heads + head) * s.headDim],
                    &allKeys[(b * count * s.kvHeads + kvHead) * s.headDim],
                    &allValues[b * count * s.valueColumns() + s.valueAt + kvHead * s.valueRun], weights, want);
          for (int64_t d = 0; d < s.valueDim; ++d) {
            double got = out.get(b * seq + query, head * s.valueDim + d);
            if (!(std::abs(got - want[d]) <= atol + rtol * std::abs(want[d])))
              return ::testing::AssertionFailure() << "batch " << b << " head " << head << " query " << query
                                                   << " column " << d << ": got " << got << ", expected " << want[d];
          }
        }
    for (const Buffer *written : {&packedK, &packedV, &out})
      if (auto result = written->untouched(); !result)
        return result;
    return ::testing::AssertionSuccess();
  }

  const Shape &s;
  const int64_t seq, count; ///< of queries, of keys
  Buffer q, keys, values, packedK, packedV, starts, ends, mask, sinks, out;

private:
  static std::vector<double> numbers(const Buffer &buffer) {
    std::vector<double> result;
    for (int64_t row = 0; row < buffer.rows; ++row)
      for (int64_t col = 0; col < buffer.cols; ++col)
        result.push_back(buffer.get(row, col));
    return result;
  }

  void reference(int64_t b, int64_t query, bool useMask, double sink, const double *queryRow, const double *firstKey,
                 const double *firstValue, std::vector<double> &weights, std::vector<double> &result) const {
    const int64_t stride = s.kvHeads * s.headDim;
    double greatest = sink;
    for (int64_t key = 0; key < count; ++key) {
      weights[key] = -INFINITY;
      if (!sees(b, query, key, useMask))
        continue;
      weights[key] = float(s.scale) * std::inner_product(queryRow, queryRow + s.headDim, firstKey + key * stride, 0.0);
      greatest = std::max(greatest, weights[key]);
    }
    std::fill(result.begin(), result.end(), 0.0);
    bool blind = greatest == -INFINITY;
    double sum = blind ? 0 : std::exp(sink - greatest);
    for (int64_t key = 0; key < count; ++key) {
      if (!blind && weights[key] == -INFINITY)
        continue;
      double weight = blind ? 1 : std::exp(weights[key] - greatest);
      sum += weight;
      for (int64_t d = 0; d < s.valueDim; ++d)
        result[d] += weight * firstValue[key * s.valueColumns() + d];
    }
    for (double &x : result)
      x /= sum;
  }
};
} // namespace

class Attention : public OnEachLevel {};
ON_EACH_LEVEL(Attention);

TEST_P(Attention, matchesTheDefinitionAtEveryShortLength) {
  for (const Shape &shape :
       {Shape{"f32", 2, 1, 16, 0}, {"f32", 3, 3, 20, 5, 2}, {"bf16", 4, 1, 20, 0}, {"bf16", 2, 2, 1, 33}}) {
    Kernels kernels(shape, target());
    for (int64_t seq = 1; seq <= 40; ++seq) {
      Call call(shape, seq);
      call.fill(random);
      call.run(kernels, false);
      EXPECT_TRUE(call.isRight(false)) << shape.type << " seq " << seq << " head_dim " << shape.headDim;
    }
  }
}

TEST_P(Attention, matchesTheDefinitionAtAnyHeadSizeGroupAndWindow) {
  for (const Shape &shape : {Shape{"f32", 4, 2, 64, 0, 2},
                             {"f32", 1, 1, 64, 1},
                             {"f32", 3, 1, 128, 33},
                             {"f32", 2, 2, 128, 0},
                             {"f32", 4, 1, 80, 5, 2},
                             {"f32", 2, 2, 80, 0},
                             {"f32", 1, 1, 7, 0, 2},
                             {"f32", 1, 1, 33, 300},
                             {"bf16", 2, 1, 64, 33},
                             {"bf16", 2, 1, 80, 0, 2},
                             {"bf16", 1, 1, 37, 0}}) {
    Kernels kernels(shape, target());
    for (int64_t seq : {1, 31, 96, 97, 130, 500}) {
      Call call(shape, seq);
      call.fill(random);
      call.run(kernels, false);
      EXPECT_TRUE(call.isRight(false)) << shape.type << " seq " << seq << " head_dim " << shape.headDim << " window "
                                       << shape.window;
    }
  }
}

TEST_P(Attention, takesValuesOfAnotherHeadSizeFromWithinTheirRows) {
  for (const Shape &shape :
       {Shape{.type = "f32", .heads = 4, .kvHeads = 4, .headDim = 20, .window = 0, .batch = 2, .valueDim = 10},
        {.type = "f32",
         .heads = 2,
         .kvHeads = 2,
         .headDim = 192,
         .window = 0,
         .valueDim = 128,
         .valueRun = 256,
         .valueAt = 128},
        {.type = "f32",
         .heads = 4,
         .kvHeads = 2,
         .headDim = 20,
         .window = 7,
         .batch = 2,
         .valueDim = 33,
         .valueRun = 45,
         .valueAt = 12},
        {.type = "f32", .heads = 2, .kvHeads = 1, .headDim = 24, .window = 0, .valueDim = 100},
        {.type = "f32",
         .heads = 2,
         .kvHeads = 2,
         .headDim = 5,
         .window = 0,
         .valueDim = 1,
         .valueRun = 6,
         .valueAt = 5},
        {.type = "bf16",
         .heads = 2,
         .kvHeads = 2,
         .headDim = 20,
         .window = 0,
         .valueDim = 10,
         .valueRun = 22,
         .valueAt = 12}}) {
    Kernels kernels(shape, target());
    for (int64_t seq : {1, 17, 97, 300}) {
      Call call(shape, seq);
      call.fill(random);
      for (bool useMask : {false, true}) {
        call.mask.setInteger(0, 0, !useMask); // with it, the first query sees nothing
        call.run(kernels, useMask);
        EXPECT_TRUE(call.isRight(useMask)) << shape.type << " seq " << seq << " value_dim " << shape.valueDim;
      }
    }
  }
}

TEST_P(Attention, keepsPackedDocumentsApart) {
  for (const Shape &shape : {Shape{"f32", 2, 1, 64, 0, 2}, {"f32", 2, 2, 20, 33, 2}, {"bf16", 1, 1, 16, 5}}) {
    Kernels kernels(shape, target());
    for (int64_t seq : {1, 40, 130, 500})
      for (int64_t longest : {1, 3, 40, 300}) {
        Call call(shape, seq);
        call.fill(random);
        for (int64_t b = 0; b < shape.batch; ++b)
          for (int64_t t = 0, start = 0, end = 0; t < seq; ++t) {
            if (t == end)
              start = t, end = t + 1 + random() % longest;
            call.starts.setInteger(b, t, start);
          }
        call.run(kernels, false);
        EXPECT_TRUE(call.isRight(false)) << shape.type << " seq " << seq << " documents of up to " << longest;
      }
  }
}

TEST_P(Attention, hidesMaskedKeys) {
  for (const Shape &shape : {Shape{"f32", 4, 2, 64, 0, 2}, {"f32", 1, 1, 20, 33, 2}, {"bf16", 2, 1, 16, 0, 2}}) {
    Kernels kernels(shape, target());
    for (int64_t seq : {1, 23, 97, 130, 500})
      for (const char *kind : {"none", "left", "right", "holes", "everything"}) {
        Call call(shape, seq);
        call.fill(random);
        for (int64_t b = 0; b < shape.batch; ++b) {
          int64_t cut = random() % (seq + 1);
          for (int64_t t = 0; t < seq; ++t) {
            bool hidden = kind == std::string("everything") || (kind == std::string("left") && t < cut) ||
                          (kind == std::string("right") && t >= cut) ||
                          (kind == std::string("holes") && random() % 3 == 0);
            // Any value but 0 means visible.
            call.mask.setInteger(b, t, hidden ? 0 : int64_t(1) << 40);
          }
        }
        call.run(kernels, true);
        EXPECT_TRUE(call.isRight(true)) << shape.type << " seq " << seq << " masked " << kind;
      }
  }
}

TEST_P(Attention, sinksTakePartAndGiveNothing) {
  for (const Shape &shape : {withSinks({"f32", 4, 2, 64, 0, 2}, "f32"), withSinks({"f32", 3, 1, 20, 33, 2}, "bf16"),
                             withSinks({"f32", 2, 2, 7, 1}, "f32"), withSinks({"bf16", 2, 1, 16, 5, 2}, "bf16")}) {
    Kernels kernels(shape, target());
    for (int64_t seq : {1, 23, 97, 130, 500})
      for (int64_t hidden : {0, 1, 300}) { // keys in front that no query sees
        Call call(shape, seq);
        call.fill(random);
        call.sinks.set(0, 0, -40), call.sinks.set(0, 1, 40);
        for (int64_t b = 0; b < shape.batch; ++b)
          for (int64_t t = 0; t < seq; ++t) {
            call.mask.setInteger(b, t, t >= hidden);
            call.starts.setInteger(b, t, t / 90 * 90);
          }
        for (bool useMask : {false, true}) {
          call.run(kernels, useMask);
          EXPECT_TRUE(call.isRight(useMask))
              << shape.type << " seq " << seq << " window " << shape.window << " hidden " << hidden;
        }
      }
  }
}

TEST_P(Attention, aSinkThatIsNotANumberShowsInItsHead) {
  Shape shape = withSinks({"f32", 2, 1, 20, 0}, "f32");
  Kernels kernels(shape, target());
  Call call(shape, 30);
  call.fill(random);
  call.sinks.set(0, 0, NAN), call.sinks.set(0, 1, -INFINITY);
  call.run(kernels, false);
  for (int64_t query = 0; query < 30; ++query) {
    EXPECT_TRUE(std::isnan(call.out.get(query, 0)));
    EXPECT_FALSE(std::isnan(call.out.get(query, 20)));
  }
}

/// Queries are the last of the tokens that have keys, as behind a cache; or there are fewer keys than queries.
TEST_P(Attention, queriesAreTheLastOfTheKeys) {
  for (const Shape &shape : {Shape{"f32", 4, 2, 20, 0, 2}, {"f32", 2, 2, 16, 33}, {"bf16", 2, 1, 16, 0, 2}}) {
    Kernels kernels(shape, target());
    for (auto [seq, count] :
         {std::pair<int64_t, int64_t>(1, 1), {1, 300}, {3, 40}, {97, 130}, {97, 353}, {40, 9}, {5, 0}}) {
      Call call(shape, seq, count);
      call.fill(random);
      for (int64_t b = 0; b < shape.batch; ++b)
        for (int64_t t = 0; t < seq; ++t)
          call.starts.setInteger(b, t, std::min<int64_t>(t / 30 * 30, std::max<int64_t>(count - 1, 0)));
      for (int64_t b = 0; b < shape.batch; ++b)
        for (int64_t t = 0; t < count; ++t)
          call.mask.setInteger(b, t, t % 7 != 3);
      for (bool useMask : {false, true}) {
        call.run(kernels, useMask);
        if (count)
          EXPECT_TRUE(call.isRight(useMask)) << shape.type << " seq " << seq << " keys " << count;
        for (int64_t query = 0; !count && query < seq; ++query)
          EXPECT_EQ(call.out.get(query, 0), 0) << "the sum of no values";
      }
    }
  }
}

TEST_P(Attention, seesAllOfADocument) {
  for (bool ends : {false, true})
    for (Shape shape :
         {Shape{"f32", 4, 2, 64, 0, 2}, {"f32", 1, 1, 20, 9, 2}, {"bf16", 2, 1, 16, 0}, {"f32", 2, 2, 7, 1}}) {
      shape = withVisibility(shape, ends);
      for (const char *sinks : {"", "f32"}) {
        shape.sinks = sinks;
        Kernels kernels(shape, target());
        for (auto [seq, count] :
             {std::pair<int64_t, int64_t>(1, 1), {31, 31}, {97, 97}, {300, 300}, {13, 270}, {100, 33}})
          for (int64_t longest : {3, 200}) {
            Call call(shape, seq, count);
            call.fill(random);
            for (int64_t b = 0; b < shape.batch; ++b)
              for (int64_t t = 0, start = 0, end = 0; t < seq; ++t) {
                if (t == end)
                  start = t, end = t + 1 + random() % longest;
                call.starts.setInteger(b, t, std::min(start, count - 1));
                call.ends.setInteger(b, t, std::min(end, count));
              }
            for (int64_t t = 0; t < count; ++t)
              call.mask.setInteger(0, t, t % 5 != 1);
            for (bool useMask : {false, true}) {
              call.run(kernels, useMask);
              EXPECT_TRUE(call.isRight(useMask)) << shape.type << " seq " << seq << " keys " << count << " window "
                                                 << shape.window << " ends " << ends;
            }
          }
      }
    }
}

/// How causal attention is split among queries.
TEST_P(Attention, endsAfterTheQueryAreTheCausalOrder) {
  Shape causal{"f32", 4, 2, 20, 0, 1};
  Kernels whole(causal, target()), parts(withVisibility(causal, true), target());
  int64_t count = 201;
  Call all(causal, count);
  all.fill(random);
  for (int64_t t = 0; t < count; ++t)
    all.starts.setInteger(0, t, t / 90 * 90);
  all.run(whole, false);
  for (auto [from, seq] : {std::pair<int64_t, int64_t>(0, 96), {96, 100}, {196, 5}}) {
    Call part(parts.shape, seq, count);
    for (int64_t t = 0; t < count; ++t)
      for (int64_t c = 0; c < part.keys.cols; ++c)
        part.keys.set(t, c, all.keys.get(t, c)), part.values.set(t, c, all.values.get(t, c));
    for (int64_t t = 0; t < seq; ++t) {
      for (int64_t c = 0; c < part.q.cols; ++c)
        part.q.set(t, c, all.q.get(from + t, c));
      part.starts.setInteger(0, t, all.starts.getInteger(0, from + t));
      part.ends.setInteger(0, t, from + t + 1);
    }
    part.run(parts, false);
    EXPECT_TRUE(isClose(part.out, [&](int64_t row, int64_t c) { return all.out.get(from + row, c); }, 1e-6, 1e-6));
  }
}

TEST_P(Attention, staysExactWhereScoresAreFarApart) {
  Shape shape{"f32", 1, 1, 64, 0};
  shape.scale = 8.0;
  Kernels kernels(shape, target());
  Call call(shape, 500);
  call.fill(random);
  // One key stands out so much that all others vanish, late enough to wipe what came before it.
  for (int64_t d = 0; d < shape.headDim; ++d) {
    for (int64_t query = 0; query < 500; ++query)
      call.q.set(query, d, 1);
    for (int64_t key = 0; key < 500; ++key)
      call.keys.set(key, d, key == 300 ? 2 : -2);
  }
  call.run(kernels, false);
  EXPECT_TRUE(call.isRight(false));
}

TEST_P(Attention, showsNotANumberWhereItIsSeenAndNowhereElse) {
  Shape shape{"f32", 2, 1, 20, 0};
  Kernels kernels(shape, target());
  for (int64_t seq : {30, 300}) {
    Call call(shape, seq);
    call.fill(random);
    call.q.set(10, 3, NAN);
    call.keys.set(20, 5, NAN);
    call.mask.setInteger(0, 20, 0);
    call.run(kernels, true);
    for (int64_t query = 0; query < seq; ++query)
      for (int64_t head : {0, 1})
        EXPECT_EQ(std::isnan(call.out.get(query, head * 20)), query == 10 && head == 0)
            << "query " << query << " head " << head;
    call.run(kernels, false);
    for (int64_t query = 0; query < seq; ++query)
      EXPECT_EQ(std::isnan(call.out.get(query, 20)), query >= 20) << "query " << query;
  }
}

TEST_P(Attention, ignoresTheMaskUnlessTold) {
  Shape shape{"f32", 1, 1, 16, 0};
  Kernels kernels(shape, target());
  Call call(shape, 40);
  call.fill(random);
  for (int64_t t = 0; t < 40; ++t)
    call.mask.setInteger(0, t, 0);
  call.run(kernels, false);
  EXPECT_TRUE(call.isRight(false));
}
