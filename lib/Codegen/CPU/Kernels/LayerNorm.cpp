// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layer norm of runs of `cols` columns, `groups` of them in a row: (x - mean) / sqrt(variance + eps) * w + b, rounded once. The variance
// takes a pass of its own over what is left without the mean: mean(x²) - mean² would lose it beside a large mean.
#include "Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitLayerNorm(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), groups = attributes.integer("groups");
  int64_t ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo");
  Runs xRuns = attributes.runs("x", cols);
  double eps = attributes.number("eps");
  Type xType = attributes.elementType("x_type"), wType = attributes.elementType("w_type"), outType = attributes.elementType("out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({xType, wType, wType, outType}, 1);
  constexpr int64_t unroll = 4;
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    k.each(k.index(0), k.index(groups), 1, [&](Value group) {
      Value from = k.add(k.add(k.mul(row, ldx), xRuns.at), k.mul(group, xRuns.run)), to = k.add(k.mul(row, ldo), k.mul(group, cols));
      auto load = [&](Columns c) { return k.load(k.operand(0), k.add(from, c.at), c.count); };
      // The mean of one number per column.
      auto mean = [&](function_ref<Value(Columns, Value sum)> addNext) {
        Values sums = k.columns(cols, unroll, Values(unroll, k.splat(0.0)), [&](ArrayRef<Columns> run, ValueRange carried) {
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
  return success();
}
