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

static void checkRmsNorm(Kernel &kernel, Problems &problems) {
  if (kernel.has("weight") == (kernel.choice("variant") == "unweighted"))
    problems.add("variant = \"unweighted\" has no operand 'weight', and the others have one");
}

static void emitRmsNorm(KernelBuilder &k, const Kernel &kernel) {
  StringRef variant = kernel.choice("variant");
  bool onePlus = variant == "one_plus", weighted = variant != "unweighted", residual = kernel.has("a");
  int64_t cols = kernel.size("cols"), groups = kernel.size("groups"), ldx = kernel.stride("x"),
          ldo = kernel.stride("out");
  int64_t lda = residual ? kernel.stride("a") : 0, ldb = residual ? kernel.stride("b") : 0;
  Runs xRuns = residual ? Runs{0, cols} : kernel.runs("x");
  double eps = kernel.number("eps");
  k.begin();
  Type xType = k.elementType("x");
  Value x = k.operand("x"), w = weighted ? k.operand("weight") : Value(), out = k.operand("out");
  constexpr int64_t unroll = 4;
  auto group = [&](Value xAt, Value outAt, Value aAt, Value bAt) {
    Values sums(unroll, k.splat(0.0));
    sums = k.columns(cols, unroll, sums, [&](ArrayRef<Columns> run, ValueRange carried) {
      Values next;
      for (auto [c, sum] : llvm::zip(run, carried)) {
        Value value;
        if (residual) {
          // Of a shorter run the other lanes are 0 in both operands, hence in the sum.
          value = k.add(k.load(k.operand("a"), k.add(aAt, c.at), c.count),
                        k.load(k.operand("b"), k.add(bAt, c.at), c.count));
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
        results.push_back(onePlus ? k.mul(normal, k.add(weight, k.splat(1.0)))
                                  : k.mul(weight, k.roundThrough(normal, xType)));
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
}

KernelKinds kinds::RmsNorm() {
  std::vector<AttributeRule> attributes{
      number("eps", "what is added to the mean of squares"),
      choice("variant", {"standard", "one_plus", "unweighted"},
             "weight * cast(x_hat), cast(x_hat * (1 + weight)), or x * cast(x_hat / x)")};
  return {
      {.name = "rms_norm",
       .summary = "Root mean square norm of runs of columns.",
       .operands = {readRuns("x", "[rows.. | x_width..] x X", "groups", "cols"), optionalRead("weight", "[cols] x W"),
                    write("out", "[rows.. | groups.., cols] x O", /*over=*/{"x"})},
       .scalars = {scalar("rows")},
       .workgroups = {blocks("rows", kRowBlock)},
       .attributes = attributes,
       .example = {"read [r, 2, 20] x bf16, row_rank = 2; read [20] x bf16; write [r, 2, 20] x bf16, row_rank = 2",
                   R"({eps = 1.0e-6 : f32, variant = "standard"})"},
       .check = checkRmsNorm,
       .emit = emitRmsNorm},
      {.name = "add_rms_norm",
       .summary = "x = a + b, rounded, and the root mean square norm of x.",
       .operands = {read("a", "[rows.. | groups.., cols] x X"), read("b", "[rows.. | groups.., cols] x X"),
                    optionalRead("weight", "[cols] x W"),
                    write("x", "[rows.. | groups.., cols] x X", /*over=*/{"a", "b"}),
                    write("out", "[rows.. | groups.., cols] x O")},
       .scalars = {scalar("rows")},
       .workgroups = {blocks("rows", kRowBlock)},
       .attributes = attributes,
       .example =
           {"read [r, 20] x bf16; read [r, 20] x bf16; read [20] x bf16; write [r, 20] x bf16; write [r, 20] x bf16",
            R"({eps = 1.0e-6 : f32, variant = "one_plus"})"},
       .check = checkRmsNorm,
       .emit = emitRmsNorm}};
}
