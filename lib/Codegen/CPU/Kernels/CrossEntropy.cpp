// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// row_loss = logsumexp(logits) - logits[label] and row_count = 1, or both 0 where the label is to be ignored. The sum
// is taken block by block: exponentials of a block are added in f32, blocks in f64, so that vocabularies of any size
// keep f32's accuracy.
#include "../Labels.h"
#include "../Math.h"
#include "Kernels.h"

#include <cfloat>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

namespace {
/// Emits the logsumexp of a row.
class LogSumExp {
public:
  LogSumExp(KernelBuilder &k, Value logits, Value row) : k(k), logits(logits), row(row) {}

  /// As f64.
  Value emit(int64_t vocab) {
    int64_t whole = vocab / kBlock * kBlock;
    // Finite, so that blocks of nothing but -inf add nothing.
    Values state{k.constant(k.f32(), -FLT_MAX), k.constant(k.f64(), 0.0)};
    if (whole)
      state = k.loop(k.index(0), k.index(whole), kBlock, state,
                     [&](Value at, ValueRange carried) { return block(at, kBlock, carried); });
    if (whole < vocab)
      state = block(k.index(whole), vocab - whole, state);
    return k.add(emitLog64(k, state[1]), wide(state[0]));
  }

private:
  static constexpr int64_t kBlock = 1024, kUnroll = 4;

  Value wide(Value x) { return arith::ExtFOp::create(k.ops(), k.f64(), x); }

  /// Absent columns are -inf: they win no maximum and add nothing.
  Value load(Value at, Columns c) {
    Value x = k.load(logits, k.add(k.add(row, at), c.at), c.count);
    return c.count == k.lanes() ? x : k.select(k.mask(c.count), x, k.splat(-INFINITY));
  }

  /// {maximum, sum of e^(x - maximum)} with `count` more columns.
  Values block(Value at, int64_t count, ValueRange state) {
    Values tops = k.columns(count, kUnroll, Values(kUnroll, k.broadcast(state[0])),
                            [&](ArrayRef<Columns> run, ValueRange carried) {
                              Values next;
                              for (auto [c, top] : llvm::zip(run, carried))
                                next.push_back(k.max(load(at, c), top));
                              return next;
                            });
    Value top = k.maximum(k.max(k.max(tops[0], tops[1]), k.max(tops[2], tops[3]))), subtrahend = k.broadcast(top);
    Values sums =
        k.columns(count, kUnroll, Values(kUnroll, k.splat(0.0)), [&](ArrayRef<Columns> run, ValueRange carried) {
          Values next;
          for (auto [c, sum] : llvm::zip(run, carried))
            next.push_back(k.add(sum, emitExp(k, k.sub(load(at, c), subtrahend))));
          return next;
        });
    Value sum = k.sum(k.add(k.add(sums[0], sums[1]), k.add(sums[2], sums[3])));
    Value kept = k.mul(state[1], wide(emitScalarExp(k, k.sub(state[0], top))));
    return {top, k.add(kept, wide(sum))};
  }

  KernelBuilder &k;
  Value logits, row;
};
} // namespace

static void emitCrossEntropy(KernelBuilder &k, const Kernel &kernel) {
  Labels labels = Labels::of(kernel, "vocab");
  int64_t ldl = kernel.stride("logits");
  k.begin();
  Value logits = k.operand(0);
  emitRowLosses(k, labels, k.operand(1), k.operand(2), k.operand(3), [&](Value row, Value column) {
    Value start = k.mul(row, ldl), total = LogSumExp(k, logits, start).emit(labels.vocab);
    Value logit = arith::ExtFOp::create(k.ops(), k.f64(), k.extend(k.loadScalar(logits, k.add(start, column))));
    return std::pair(total, logit);
  });
  k.end();
}

KernelKinds kinds::CrossEntropy() {
  return {{.name = "cross_entropy",
           .summary = "row_loss = logsumexp(logits) - logits[label] and row_count = 1, or both 0 where the label is to "
                      "be ignored.",
           .operands = {read("logits", "[rows.. | vocab] x T"), read("labels", "[rows..] x i64"),
                        write("row_loss", "[rows..] x f32"), write("row_count", "[rows..] x f32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = Labels::attributes(),
           .example = {"read [b, s, 100] x bf16; read [b, s] x i64; write [b, s] x f32; write [b, s] x f32",
                       "{ignore_index = -100}"},
           .emit = emitCrossEntropy}};
}
