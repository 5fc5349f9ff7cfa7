// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = sum, greatest or mean of each run of columns, in f32, rounded once.
#include "../Runs.h"
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitReduce(KernelBuilder &k, const Kernel &kernel) {
  StringRef function = kernel.choice("function");
  RunsOfRows rows(kernel);
  int64_t ldx = kernel.stride("x"), ldo = kernel.stride("out");
  k.begin();
  bool max = function == "max";
  Value start = k.splat(max ? -INFINITY : 0.0);
  rows.each(k, [&](Value row, Value group) {
    Value from = rows.run(k, row, group, ldx, rows.groups());
    Value lanes = k.columns(rows.cols(k), {start}, [&](Value at, Value mask, ValueRange carried) {
      Value x = k.load(k.operand(0), k.add(from, at), mask);
      if (mask)
        x = k.select(mask, x, start);
      return Values{max ? Value(arith::MaximumFOp::create(k.ops(), carried[0], x)) : k.add(carried[0], x)};
    })[0];
    Value result =
        max ? Value(vector::ReductionOp::create(k.ops(), vector::CombiningKind::MAXIMUMF, lanes)) : k.sum(lanes);
    if (function == "mean")
      result = k.div(result, arith::SIToFPOp::create(k.ops(), k.f32(), k.indexCast(rows.cols(k), k.i64())));
    k.store(k.broadcast(result), k.operand(1), k.add(k.mul(row, ldo), group), 1);
  });
  k.end();
}

KernelKinds kinds::Reduce() {
  return {{.name = "reduce",
           .summary = "out = sum, greatest or mean of each run of columns, rounded once.",
           .operands = {read("x", "[rows.. | groups.., cols] x X"), write("out", "[rows.. | groups.., 1] x O")},
           .scalars = {scalar("rows"), RunsOfRows::columns()},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {choice("function", {"sum", "max", "mean"}, "of the columns")},
           .example = {"read [r, 2, 20] x bf16, row_rank = 2; write [r, 2, 1] x bf16, row_rank = 2",
                       R"({function = "mean"})"},
           .check = RunsOfRows::check,
           .emit = emitReduce}};
}
