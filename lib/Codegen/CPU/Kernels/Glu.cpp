// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = cast(act(gate)) * up: the activation is rounded to the element type before the product, as separate modules would.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static Value activate(KernelBuilder &k, StringRef act, Value x) {
  if (act == "silu")
    return emitSigmoidTimes(k, x, x);
  if (act == "gelu")
    return emitGelu(k, x);
  // x / 2 (1 + tanh y) = x / (1 + e^-2y) with y = sqrt(2 / pi) (x + 0.044715 x^3).
  double c = 2 * 0.7978845608028654;
  Value twice = k.mul(x, k.fma(k.mul(x, x), k.splat(c * 0.044715), k.splat(c)));
  return emitSigmoidTimes(k, twice, x);
}

LogicalResult veomni::cpu::emitGlu(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldg = attributes.integer("ldg"), ldu = attributes.integer("ldu");
  int64_t ldo = attributes.integer("ldo");
  StringRef act = attributes.choice("act", {"silu", "gelu_tanh", "gelu"});
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, type, type}, 1);
  Value gate = k.operand(0), up = k.operand(1), out = k.operand(2);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value gateRow = k.mul(row, ldg), upRow = k.mul(row, ldu), outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      SmallVector<Value> results;
      for (Columns c : run) {
        Value activated = k.roundThrough(activate(k, act, k.load(gate, k.add(gateRow, c.at), c.count)), type);
        results.push_back(k.mul(activated, k.load(up, k.add(upRow, c.at), c.count)));
      }
      for (auto [c, result] : llvm::zip(run, results))
        k.store(result, out, k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
