// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = function(x), in f32, rounded once; `cast` is the function that changes nothing else.
#include "../Math.h"
#include "Runs.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace veomni::cpu;
using namespace mlir;

static Value apply(KernelBuilder &k, StringRef function, Value x) {
  if (function == "cast")
    return x;
  if (function == "neg")
    return k.sub(k.splat(-0.0), x);
  if (function == "square")
    return k.mul(x, x);
  if (function == "exp")
    return emitExp(k, x);
  if (function == "log")
    return emitLog(k, x);
  if (function == "rsqrt")
    return k.div(k.splat(1.0), math::SqrtOp::create(k.ops(), x));
  if (function == "sigmoid")
    return emitSigmoidTimes(k, x, k.splat(1.0));
  if (function == "tanh")
    return emitTanh(k, x);
  if (function == "softplus")
    return emitSoftplus(k, x);
  return emitErf(k, x);
}

LogicalResult veomni::cpu::emitElementwiseUnary(KernelBuilder &k, Attributes &attributes) {
  StringRef function =
      attributes.choice("function", {"cast", "neg", "square", "exp", "log", "rsqrt", "sigmoid", "tanh", "erf", "softplus"});
  RunsOfRows rows(attributes);
  int64_t ldx = rows.stride(attributes, "ldx"), ldo = rows.stride(attributes, "ldo");
  Type xType = rows.elementType(attributes, "x_type"), outType = rows.elementType(attributes, "out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({xType, outType}, rows.scalars());
  rows.each(k, [&](Value row, Value group) {
    Value from = rows.run(k, row, group, ldx, rows.groups()), to = rows.run(k, row, group, ldo, rows.groups());
    k.columns(rows.cols(k), [&](Value at, Value mask) {
      k.store(apply(k, function, k.load(k.operand(0), k.add(from, at), mask)), k.operand(1), k.add(to, at), mask);
    });
  });
  k.end();
  return success();
}
