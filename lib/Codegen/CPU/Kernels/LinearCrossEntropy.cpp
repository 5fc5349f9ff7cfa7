// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cross entropy of logits A Wᵀ + bias that are never stored. A workgroup multiplies a block of rows by one chunk of
// the vocabulary and leaves of each row {maximum, sum of e^(logit - maximum)} of the chunk; the one that meets the
// row's label leaves that logit.
//
// Every lane has a maximum and a sum of its own, and takes a row's logits in order of columns. So a row's result is the
// same in every tile, and needs no work across lanes until the chunk's end.
#include "../GemmNest.h"
#include "../Labels.h"
#include "../Math.h"
#include "Kernels.h"

#include <cmath>
#include <limits>

using namespace veomni::cpu;
using namespace mlir;

namespace {
/// Partial results of a row: a maximum per chunk, a sum per chunk, the label's logit.
struct Partials {
  int64_t chunks, stride;

  static Partials of(const Kernel &kernel, StringRef classes) {
    return {lossChunks(kernel.size(classes)), kernel.stride("partials")};
  }
  Value start(KernelBuilder &k, Value row) const { return k.mul(row, stride); }
  Value maximum(KernelBuilder &k, Value start, Value chunk) const { return k.add(start, chunk); }
  Value sum(KernelBuilder &k, Value start, Value chunk) const { return k.add(k.add(start, chunk), chunks); }
  Value logit(KernelBuilder &k, Value start) const { return k.add(start, 2 * chunks); }
};

class LinearCrossEntropyEmitter : GemmEpilogue {
public:
  LinearCrossEntropyEmitter(KernelBuilder &k, const Product &product, const Labels &labels, const Partials &partials,
                            int64_t group, bool hasBias)
      : k(k), p(product), labels(labels), partials(partials), group(group), hasBias(hasBias), nest(k, product, *this) {}

  void emit() {
    k.begin({{"w", p.storedType(k)}});
    nest.bind({k.operand("a"), k.operand("w"), Value()});
    if (hasBias)
      bias = k.operand("bias");
    labelBuffer = k.operand("labels"), out = k.operand("partials");
    targets = k.scratch(kGemmRows, k.i32());
    states = k.scratch(kGemmRows * 2 * k.lanes(), k.f32());
    logits = k.scratch(GemmNest::kTileRows * nest.blockColumns, k.f32());

    row0 = k.mul(k.workgroup(0), kGemmRows);
    Value row1 = k.min(k.add(row0, kGemmRows), k.scalar(0));
    k.each(row0, row1, 1, [&](Value row) { begin(row); });
    Value panel0 = k.mul(k.workgroup(1), kLossPanels), panel1 = k.min(k.add(panel0, kLossPanels), k.index(p.panels()));
    k.each(panel0, panel1, group,
           [&](Value panel) { nest.multiply(row0, row1, panel, k.min(k.add(panel, group), panel1), k.index(0)); });
    k.each(row0, row1, 1, [&](Value row) { end(row); });
    k.end();
  }

private:
  /// Scratch of a row.
  Value targetOf(Value row) { return k.sub(row, row0); }
  Value stateOf(Value row) { return k.mul(k.sub(row, row0), 2 * k.lanes()); }

  /// Rows that score nothing have target -1. A label that is no class is the combining kernel's to report.
  void begin(Value row) {
    Labels::Label label = labels.of(k, labelBuffer, row);
    Value target = k.select(k.bitAnd(label.scored, label.known), k.indexCast(label.column, k.i32()),
                            k.constant(k.i32(), int64_t(-1)));
    k.storeScalar(target, targets, targetOf(row));
    // Finite, so that lanes which see nothing but -inf add nothing.
    k.store(k.splat(std::numeric_limits<float>::lowest()), states, stateOf(row));
    k.store(k.splat(0.0), states, k.add(stateOf(row), k.lanes()));
  }

  Value needs(Value row, int64_t height) final {
    Value greatest = k.loadScalar(targets, targetOf(row));
    for (int64_t r = 1; r < height; ++r)
      greatest = k.max(greatest, k.loadScalar(targets, targetOf(k.add(row, r))));
    return k.compare(arith::CmpIPredicate::sge, greatest, k.constant(k.i32(), int64_t(0)));
  }

  void take(const FinishedSums &sums) final {
    for (int64_t v = 0; v < GemmNest::kVectors; ++v) {
      int64_t count = sums.columns - v * k.lanes();
      Value biases = hasBias && count > 0 ? k.load(bias, k.add(sums.column, v * k.lanes()), count) : Value();
      for (int64_t r = 0; r < sums.height; ++r) {
        // Columns that do not exist are -inf: they win no maximum and add nothing.
        Value x = count > 0 ? sums.at(r, v) : k.splat(-INFINITY);
        if (biases)
          x = k.add(x, biases);
        if (count > 0 && count < k.lanes())
          x = k.select(k.mask(count), x, k.splat(-INFINITY));
        k.store(x, logits, k.index(r * nest.blockColumns + v * k.lanes()));
      }
    }
    k.each(k.index(0), k.index(sums.height), 1,
           [&](Value r) { takeRow(k.add(sums.row, r), k.mul(r, nest.blockColumns), sums.column); });
  }

  /// The row's logits of the block that starts at `column` lie at `at` of scratch.
  void takeRow(Value row, Value at, Value column) {
    Value state = stateOf(row), maximum = k.load(states, state), sum = k.load(states, k.add(state, k.lanes()));
    for (int64_t v = 0; v < GemmNest::kVectors; ++v) {
      // One exponential serves both cases: of the greater of logit and maximum it is 1.
      Value x = k.load(logits, k.add(at, v * k.lanes())), one = k.splat(1.0);
      Value above = k.compare(arith::CmpFPredicate::OGT, x, maximum);
      Value less = exponential(k.select(above, k.sub(maximum, x), k.sub(x, maximum)));
      sum = k.fma(sum, k.select(above, less, one), k.select(above, one, less));
      maximum = k.select(above, x, maximum);
    }
    k.store(maximum, states, state);
    k.store(sum, states, k.add(state, k.lanes()));
    Value inBlock = k.sub(k.loadIndex(targets, targetOf(row)), column);
    k.when(k.compare(arith::CmpIPredicate::ult, inBlock, k.index(nest.blockColumns)), [&] {
      k.storeScalar(k.loadScalar(logits, k.add(at, inBlock)), out, partials.logit(k, partials.start(k, row)));
    });
  }

  void end(Value row) {
    Value maximum = k.load(states, stateOf(row)), sum = k.load(states, k.add(stateOf(row), k.lanes()));
    Value top = k.maximum(maximum), start = partials.start(k, row);
    k.storeScalar(top, out, partials.maximum(k, start, k.workgroup(1)));
    sum = k.mul(sum, exponential(k.sub(maximum, k.broadcast(top))));
    k.storeScalar(k.sum(sum), out, partials.sum(k, start, k.workgroup(1)));
  }

  /// e^x of x <= 0.
  Value exponential(Value x) { return emitExp2OfNegative(k, k.mul(x, k.splat(M_LOG2E))); }

  KernelBuilder &k;
  const Product &p;
  const Labels &labels;
  const Partials &partials;
  const int64_t group;
  const bool hasBias;
  GemmNest nest;
  Value bias, labelBuffer, out, row0;
  /// Scratch: classes of rows, {maxima, sums} of rows' lanes, and the logits of a tile.
  Value targets, states, logits;
};
} // namespace

static void checkLinearCrossEntropy(Kernel &kernel, Problems &problems) {
  Product::check(kernel, problems);
  kernel.setSize("group", std::min(kernel.size("group"), kLossPanels));
}

static void emitLinearCrossEntropy(KernelBuilder &k, const Kernel &kernel) {
  Product product = Product::of(k, kernel);
  Labels labels = Labels::of(kernel, "n");
  Partials partials = Partials::of(kernel, "n");
  LinearCrossEntropyEmitter(k, product, labels, partials, kernel.size("group"), kernel.has("bias")).emit();
}

static void emitCombine(KernelBuilder &k, const Kernel &kernel) {
  Labels labels = Labels::of(kernel, "vocab");
  Partials partials = Partials::of(kernel, "vocab");
  k.begin();
  Value in = k.operand(0);
  auto wide = [&](Value x) -> Value { return arith::ExtFOp::create(k.ops(), k.f64(), x); };
  emitRowLosses(k, labels, k.operand(1), k.operand(2), k.operand(3), [&](Value row, Value) {
    Value start = partials.start(k, row), none = k.constant(k.f32(), double(std::numeric_limits<float>::lowest()));
    auto chunks = [&](Value init, llvm::function_ref<Value(Value chunk, Value carried)> body) -> Value {
      return k.loop(k.index(0), k.index(partials.chunks), 1, init,
                    [&](Value chunk, ValueRange carried) { return KernelBuilder::Values{body(chunk, carried[0])}; })[0];
    };
    Value top = chunks(
        none, [&](Value chunk, Value top) { return k.max(top, k.loadScalar(in, partials.maximum(k, start, chunk))); });
    Value sum = chunks(k.constant(k.f64(), 0.0), [&](Value chunk, Value sum) {
      Value factor = emitScalarExp(k, k.sub(k.loadScalar(in, partials.maximum(k, start, chunk)), top));
      return k.add(sum, wide(k.mul(k.loadScalar(in, partials.sum(k, start, chunk)), factor)));
    });
    return std::pair(k.add(emitLog64(k, sum), wide(top)), wide(k.loadScalar(in, partials.logit(k, start))));
  });
  k.end();
}

KernelKinds kinds::LinearCrossEntropy() {
  std::string chunks = blocks("n", kLossPanels * kPanelColumns);
  std::vector<AttributeRule> product = Labels::attributes(), combine = Labels::attributes();
  llvm::append_range(product, Product::attributes());
  combine.push_back(integer("vocab", "classes"));
  return {
      {.name = "linear_cross_entropy",
       .summary =
           "What a cross entropy needs of the logits a wT + bias, chunk by chunk of the vocabulary, without them.",
       .details = "Of the logits, as `gemm` makes them, a row of partials keeps the maximum of each chunk of 512 "
                  "columns, then the sum of "
                  "e^(logit - maximum) of each, then the logit of the row's label (none if the row is not scored "
                  "or its label is no "
                  "class). A row's logits are taken in ascending order, lane by lane.",
       .operands = {read("a", "[rows.. | k] x A"), read("w", "[n, k] x W tiles = [32, 4 bytes]"),
                    optionalRead("bias", "[n] x W"), read("labels", "[rows..] x i64"),
                    write("partials", "[rows.. | 2 * " + chunks + " + 1] x f32")},
       .scalars = {scalar("rows")},
       .workgroups = {blocks("rows", kGemmRows), chunks},
       .attributes = product,
       .flops = [](const Kernel &) { return productFlops("rows", "n", "k"); },
       .example =
           {"read [b, s, 33] x bf16, row_stride = 40; read [1100, 33] x bf16, tiles = [32, 2]; read [1100] x bf16; "
            "read [b, s] x i64; write "
            "[b, s, 7] x f32",
            "{ignore_index = -100}"},
       .check = checkLinearCrossEntropy,
       .emit = emitLinearCrossEntropy},
      {.name = "cross_entropy_combine",
       .summary = "What `cross_entropy` makes of the logits, from what `linear_cross_entropy` kept; chunks are "
                  "added up in f64 in order.",
       .operands = {read("partials", "[rows.. | 2 * " + blocks("vocab", kLossPanels * kPanelColumns) + " + 1] x f32"),
                    read("labels", "[rows..] x i64"), write("row_loss", "[rows..] x f32"),
                    write("row_count", "[rows..] x f32")},
       .scalars = {scalar("rows")},
       .workgroups = {blocks("rows", kRowBlock)},
       .attributes = combine,
       .example = {"read [b, s, 7] x f32; read [b, s] x i64; write [b, s] x f32; write [b, s] x f32",
                   "{ignore_index = -100, vocab = 1100}"},
       .emit = emitCombine}};
}
