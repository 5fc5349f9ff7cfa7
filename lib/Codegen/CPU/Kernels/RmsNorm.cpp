// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Root mean square norm of runs of `cols` columns, `groups` of them in a row (one per head for query and key norms).
//   standard   w * cast(x_hat)          rounds x_hat to x's type first, as Llama's module does
//   one_plus   cast(x_hat * (1 + w))    Gemma's
//   unweighted x * cast(x_hat / x)      DeepSeek-V4's, without the operand w
// With `residual` x is the sum of two operands, which is written, too.
#include "Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitRmsNorm(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), groups = attributes.integer("groups");
  int64_t ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo");
  Runs xRuns = attributes.runs("x", cols);
  double eps = attributes.number("eps");
  StringRef variant = attributes.choice("variant", {"standard", "one_plus", "unweighted"});
  bool onePlus = variant == "one_plus", weighted = variant != "unweighted";
  Type xType = attributes.elementType("x_type"), outType = attributes.elementType("out_type");
  Type wType = weighted ? attributes.elementType("w_type") : Type();
  bool residual = attributes.optionalFlag("residual");
  int64_t lda = attributes.integerOr("lda", 0, residual ? 1 : 0), ldb = attributes.integerOr("ldb", 0, residual ? 1 : 0);
  if (residual && (lda == 0 || ldb == 0))
    attributes.error() << "missing attribute 'lda' or 'ldb' (an integer) of the residual";
  if (residual && (xRuns.at != 0 || xRuns.run != cols))
    attributes.error() << "attributes 'x_at' and 'x_run' cannot go with 'residual', whose x is written";
  if (failed(attributes.check()))
    return failure();

  // [a, b] or [x], [weight], [x], out.
  SmallVector<Type> operands(residual ? 2 : 1, xType);
  int64_t wOperand = operands.size();
  if (weighted)
    operands.push_back(wType);
  int64_t xOperand = residual ? operands.size() : 0;
  if (residual)
    operands.push_back(xType);
  operands.push_back(outType);
  k.begin(operands, 1);
  Value x = k.operand(xOperand), w = weighted ? k.operand(wOperand) : Value(), out = k.operand(operands.size() - 1);
  constexpr int64_t unroll = 4;
  auto group = [&](Value xAt, Value outAt, Value aAt, Value bAt) {
    Values sums(unroll, k.splat(0.0));
    sums = k.columns(cols, unroll, sums, [&](ArrayRef<Columns> run, ValueRange carried) {
      Values next;
      for (auto [c, sum] : llvm::zip(run, carried)) {
        Value value;
        if (residual) {
          // Of a shorter run the other lanes are 0 in both operands, hence in the sum.
          value = k.add(k.load(k.operand(0), k.add(aAt, c.at), c.count), k.load(k.operand(1), k.add(bAt, c.at), c.count));
          k.store(value, x, k.add(xAt, c.at), c.count);
          value = k.roundThrough(value, xType);
        } else {
          value = k.load(x, k.add(xAt, c.at), c.count);
        }
        next.push_back(k.fma(value, value, sum));
      }
      return next;
    });
    Value total = k.sum(k.add(k.add(sums[0], sums[1]), k.add(sums[2], sums[3])));
    Value mean = k.div(total, k.constant(k.f32(), double(cols)));
    Value root = math::SqrtOp::create(k.ops(), k.add(mean, k.constant(k.f32(), eps)));
    Value inverse = k.broadcast(k.div(k.constant(k.f32(), 1.0), root));
    if (!weighted)
      inverse = k.roundThrough(inverse, xType);
    k.columns(cols, unroll, [&](ArrayRef<Columns> run) {
      Values results;
      for (Columns c : run) {
        Value normal = k.mul(k.load(x, k.add(xAt, c.at), c.count), inverse);
        if (!weighted) {
          results.push_back(normal);
          continue;
        }
        Value weight = k.load(w, c.at, c.count);
        results.push_back(onePlus ? k.mul(normal, k.add(weight, k.splat(1.0))) : k.mul(weight, k.roundThrough(normal, xType)));
      }
      for (auto [c, result] : llvm::zip(run, results))
        k.store(result, out, k.add(outAt, c.at), c.count);
    });
  };
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value xRow = k.add(k.mul(row, ldx), xRuns.at), outRow = k.mul(row, ldo);
    Value aRow = residual ? k.mul(row, lda) : row, bRow = residual ? k.mul(row, ldb) : row;
    if (groups == 1)
      return group(xRow, outRow, aRow, bRow);
    k.each(k.index(0), k.index(groups), 1, [&](Value i) {
      Value at = k.mul(i, cols);
      group(k.add(xRow, k.mul(i, xRuns.run)), k.add(outRow, at), k.add(aRow, at), k.add(bRow, at));
    });
  });
  k.end();
  return success();
}
