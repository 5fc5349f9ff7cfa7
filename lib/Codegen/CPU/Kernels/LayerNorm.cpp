// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layer norm of runs of `cols` columns, `groups` of them in a row: (x - mean) / sqrt(variance + eps) * w + b, rounded
// once. The variance takes a pass of its own over what is left without the mean: mean(x²) - mean² would lose it beside
// a large mean.
#include "Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitLayerNorm(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), groups = kernel.size("groups"), ldx = kernel.stride("x"),
          ldo = kernel.stride("out");
  Runs xRuns = kernel.runs("x");
  double eps = kernel.number("eps");
  k.begin();
  constexpr int64_t unroll = 4;
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    k.each(k.index(0), k.index(groups), 1, [&](Value group) {
      Value from = k.add(k.add(k.mul(row, ldx), xRuns.at), k.mul(group, xRuns.run)),
            to = k.add(k.mul(row, ldo), k.mul(group, cols));
      auto load = [&](Columns c) { return k.load(k.operand(0), k.add(from, c.at), c.count); };
      // The mean of one number per column.
      auto mean = [&](function_ref<Value(Columns, Value sum)> addNext) {
        Values sums =
            k.columns(cols, unroll, Values(unroll, k.splat(0.0)), [&](ArrayRef<Columns> run, ValueRange carried) {
              Values next;
              for (auto [c, sum] : llvm::zip(run, carried))
                next.push_back(addNext(c, sum));
              return next;
            });
        Value total = k.sum(k.add(k.add(sums[0], sums[1]), k.add(sums[2], sums[3])));
        return k.div(total, k.constant(k.f32(), double(cols)));
      };
      Value average = k.broadcast(mean([&](Columns c, Value sum) { return k.add(load(c), sum); }));
      Value variance = mean([&](Columns c, Value sum) {
        Value rest = k.sub(load(c), average);
        // Lanes behind the last column are 0, not the mean.
        if (c.count < k.lanes())
          rest = k.select(k.mask(c.count), rest, k.splat(0.0));
        return k.fma(rest, rest, sum);
      });
      Value root = math::SqrtOp::create(k.ops(), k.add(variance, k.constant(k.f32(), eps)));
      Value inverse = k.broadcast(k.div(k.constant(k.f32(), 1.0), root));
      k.columns(cols, unroll, [&](ArrayRef<Columns> run) {
        for (Columns c : run) {
          Value weight = k.load(k.operand(1), c.at, c.count), bias = k.load(k.operand(2), c.at, c.count);
          k.store(k.fma(k.mul(k.sub(load(c), average), inverse), weight, bias), k.operand(3), k.add(to, c.at), c.count);
        }
      });
    });
  });
  k.end();
}

KernelKinds kinds::LayerNorm() {
  return {{.name = "layer_norm",
           .summary = "(x - mean) / sqrt(variance + eps) * weight + bias of runs of columns, rounded once.",
           .operands = {readRuns("x", "[rows.. | x_width..] x X", "groups", "cols"), read("weight", "[cols] x W"),
                        read("bias", "[cols] x W"), write("out", "[rows.. | groups.., cols] x O")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {number("eps", "what is added to the variance")},
           .example = {"read [r, 2, 20] x bf16, row_rank = 2; read [20] x bf16; read [20] x bf16; write [r, 2, 20] x "
                       "bf16, row_rank = 2",
                       "{eps = 1.0e-6 : f32}"},
           .emit = emitLayerNorm}};
}
