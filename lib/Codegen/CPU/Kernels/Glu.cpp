// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = cast(act(gate)) * up: the activation is rounded to the element type before the product, as separate modules would. If `fused`, gate
// and up are neighbours in the rows of one operand.
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
  int64_t cols = attributes.integer("cols"), ldg = attributes.integer("ldg"), ldo = attributes.integer("ldo");
  bool fused = attributes.optionalFlag("fused"), counted = attributes.optionalFlag("counted");
  int64_t ldu = fused ? ldg : attributes.integer("ldu");
  StringRef act = attributes.choice("act", {"silu", "gelu_tanh", "gelu"});
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  SmallVector<Type> operands(fused ? 1 : 2, type);
  if (counted)
    operands.push_back(k.i32());
  operands.push_back(type);
  k.begin(operands, 1);
  Value gate = k.operand(0), up = k.operand(fused ? 0 : 1), out = k.operand(operands.size() - 1), rows = k.scalar(0);
  if (counted)
    rows = k.countedRows(rows, k.operand(operands.size() - 2));
  k.rows(rows, kRowBlock, [&](Value row) {
    Value gateRow = k.mul(row, ldg), upRow = k.add(k.mul(row, ldu), fused ? cols : 0), outRow = k.mul(row, ldo);
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
