// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = cast(act(gate)) * (up + up_shift): the activation is rounded to the element type before the product, as
// separate modules would. If `fused`, gate and up are in the rows of one operand: side by side, or interleaved.
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

static void checkGlu(Kernel &kernel, Problems &problems) {
  if (double limit = kernel.numberOr("limit", 1); !(limit > 0))
    problems.add("attribute 'limit' is " + std::to_string(limit) + ", expected a positive number");
  if (kernel.hasAttribute("alpha") && kernel.choice("act") != "silu")
    problems.add("attribute 'alpha' goes with act = \"silu\" alone");
}

static void emitGlu(KernelBuilder &k, const Kernel &kernel) {
  bool packed = kernel.has("gate_up"), interleaved = packed && kernel.choice("layout") == "interleaved";
  const char *gateName = packed ? "gate_up" : "gate", *upName = packed ? "gate_up" : "up";
  int64_t cols = kernel.size("cols"), ldg = kernel.stride(gateName), ldu = kernel.stride(upName),
          ldo = kernel.stride("out");
  StringRef act = kernel.choice("act");
  std::optional<double> limit;
  if (kernel.hasAttribute("limit"))
    limit = kernel.number("limit");
  double alpha = kernel.numberOr("alpha", 1), upShift = kernel.numberOr("up_shift", 0);
  k.begin();
  Type type = k.elementType("out");
  Value gate = k.operand(gateName), up = k.operand(upName), out = k.operand("out"), rows = k.scalar(0);
  if (kernel.has("count"))
    rows = k.countedRows(rows, k.operand("count"));
  k.rows(rows, kRowBlock, [&](Value row) {
    Value gateRow = k.mul(row, ldg), upRow = k.add(k.mul(row, ldu), packed ? cols : 0), outRow = k.mul(row, ldo);
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
        results.push_back(k.mul(k.roundThrough(activate(k, act, alpha, g), type), u));
      }
      for (auto [c, result] : llvm::zip(run, results))
        k.store(result, out, k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::Glu() {
  std::vector<AttributeRule> attributes{
      choice("act", {"silu", "gelu_tanh", "gelu"}, "of the gate, rounded to the element type first"),
      optional(number("limit", "gate is at most that, up between minus that and that")),
      optional(number("alpha", "makes silu gate * sigmoid(alpha * gate)")),
      optional(number("up_shift", "is added to up"))};
  std::vector<AttributeRule> packed = attributes;
  packed.push_back(optional(
      choice("layout", {"concat", "interleaved"}, "the gate is the first half of the columns, or every other one")));
  return {{.name = "glu",
           .summary = "out = act(gate) * up.",
           .operands = {read("gate", "[rows.. | cols..] x T"), read("up", "[rows.. | cols..] x T"),
                        write("out", "[rows.. | cols..] x T", /*over=*/{"gate", "up"})},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = attributes,
           .example = {"read [r, 20] x bf16; read [r, 20] x bf16; write [r, 20] x bf16", R"({act = "silu"})"},
           .check = checkGlu,
           .emit = emitGlu},
          {.name = "packed_glu",
           .summary = "out = act(gate) * up, with gate and up in the rows of one operand.",
           .operands = {read("gate_up", "[rows.. | 2 * cols] x T"),
                        optionalRead("count", "[1] x i32", "how many rows there are; workgroups beyond return at once"),
                        write("out", "[rows.. | cols] x T")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = packed,
           .example = {"read [r, 40] x bf16; write [r, 20] x bf16", R"({act = "gelu", layout = "interleaved"})"},
           .check = checkGlu,
           .emit = emitGlu}};
}
