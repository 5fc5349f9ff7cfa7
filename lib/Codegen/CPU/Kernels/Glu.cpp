// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = cast(act(gate)) * (up + up_shift): the activation is rounded to the element type before the product, as separate modules would. If
// `fused`, gate and up are in the rows of one operand: side by side, or interleaved.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using arith::CmpFPredicate;

static Value activate(KernelBuilder &k, StringRef act, double alpha, Value x) {
  if (act == "silu")
    return emitSigmoidTimes(k, alpha == 1 ? x : k.mul(x, k.splat(alpha)), x);
  if (act == "gelu")
    return emitGelu(k, x);
  // x / 2 (1 + tanh y) = x / (1 + e^-2y) with y = sqrt(2 / pi) (x + 0.044715 x^3).
  double c = 2 * 0.7978845608028654;
  Value twice = k.mul(x, k.fma(k.mul(x, x), k.splat(c * 0.044715), k.splat(c)));
  return emitSigmoidTimes(k, twice, x);
}

/// Not k.min and k.max: what is not a number stays so.
static Value atMost(KernelBuilder &k, Value x, double limit) {
  return k.select(k.compare(CmpFPredicate::OGT, x, k.splat(limit)), k.splat(limit), x);
}
static Value atLeast(KernelBuilder &k, Value x, double limit) {
  return k.select(k.compare(CmpFPredicate::OLT, x, k.splat(limit)), k.splat(limit), x);
}

LogicalResult veomni::cpu::emitGlu(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldg = attributes.integer("ldg"), ldo = attributes.integer("ldo");
  bool fused = attributes.optionalFlag("fused"), counted = attributes.optionalFlag("counted");
  int64_t ldu = fused ? ldg : attributes.integer("ldu");
  StringRef act = attributes.choice("act", {"silu", "gelu_tanh", "gelu"});
  bool interleaved = attributes.optionalChoice("layout", {"concat", "interleaved"}) == "interleaved";
  std::optional<double> limit = attributes.optionalNumber("limit"), alpha = attributes.optionalNumber("alpha");
  double upShift = attributes.optionalNumber("up_shift").value_or(0);
  Type type = attributes.elementType("type");
  if (interleaved && !fused)
    attributes.error() << "attribute 'layout' is \"interleaved\", which goes with 'fused' alone";
  if (limit && !(*limit > 0))
    attributes.error() << "attribute 'limit' is " << *limit << ", expected a positive number";
  if (alpha && act != "silu")
    attributes.error() << "attribute 'alpha' goes with act = \"silu\" alone";
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
    auto load = [&](Columns c) -> std::pair<Value, Value> {
      if (interleaved)
        return k.loadPairs(gate, k.add(gateRow, k.mul(c.at, 2)), c.count);
      return {k.load(gate, k.add(gateRow, c.at), c.count), k.load(up, k.add(upRow, c.at), c.count)};
    };
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      SmallVector<Value> results;
      for (Columns c : run) {
        auto [g, u] = load(c);
        if (limit)
          g = atMost(k, g, *limit), u = atMost(k, atLeast(k, u, -*limit), *limit);
        if (upShift != 0)
          u = k.add(u, k.splat(upShift));
        results.push_back(k.mul(k.roundThrough(activate(k, act, alpha.value_or(1), g), type), u));
      }
      for (auto [c, result] : llvm::zip(run, results))
        k.store(result, out, k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
