// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = sum, greatest or mean of each run of columns, in f32, rounded once.
#include "Runs.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitReduce(KernelBuilder &k, Attributes &attributes) {
  StringRef function = attributes.choice("function", {"sum", "max", "mean"});
  RunsOfRows rows(attributes);
  int64_t ldx = rows.stride(attributes, "ldx"), ldo = attributes.integer("ldo");
  Type xType = rows.elementType(attributes, "x_type"), outType = rows.elementType(attributes, "out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({xType, outType}, rows.scalars());
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
    Value result = max ? Value(vector::ReductionOp::create(k.ops(), vector::CombiningKind::MAXIMUMF, lanes)) : k.sum(lanes);
    if (function == "mean")
      result = k.div(result, arith::SIToFPOp::create(k.ops(), k.f32(), k.indexCast(rows.cols(k), k.i64())));
    k.store(k.broadcast(result), k.operand(1), k.add(k.mul(row, ldo), group), 1);
  });
  k.end();
  return success();
}
