// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = function(x), in f32, rounded once; `cast` is the function that changes nothing else.
#include "../Math.h"
#include "../Runs.h"
#include "Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace veomni::cpu;
using namespace mlir;

static Value applyElementwiseUnary(KernelBuilder &k, StringRef function, Value x) {
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

static void emitElementwiseUnary(KernelBuilder &k, const Kernel &kernel) {
  StringRef function = kernel.choice("function");
  RunsOfRows rows(kernel);
  int64_t ldx = kernel.stride("x"), ldo = kernel.stride("out");
  k.begin();
  rows.each(k, [&](Value row, Value group) {
    Value from = rows.run(k, row, group, ldx, rows.groups()), to = rows.run(k, row, group, ldo, rows.groups());
    k.columns(rows.cols(k), [&](Value at, Value mask) {
      k.store(applyElementwiseUnary(k, function, k.load(k.operand(0), k.add(from, at), mask)), k.operand(1),
              k.add(to, at), mask);
    });
  });
  k.end();
}

KernelKinds kinds::ElementwiseUnary() {
  return {{.name = "elementwise_unary",
           .summary = "out = function(x), rounded once; `cast` is the function that changes nothing else.",
           .operands = {read("x", "[rows.. | groups.., cols] x X"), write("out", "[rows.. | groups.., cols] x O")},
           .scalars = {scalar("rows"), RunsOfRows::columns()},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {choice("function",
                                 {"cast", "neg", "square", "exp", "log", "rsqrt", "sigmoid", "tanh", "erf", "softplus"},
                                 "of each element")},
           .example = {"read [r, 4, 20] x bf16, row_rank = 2; write [r, 4, 20] x bf16, row_rank = 2",
                       R"({function = "erf"})"},
           .check = RunsOfRows::check,
           .emit = emitElementwiseUnary}};
}
