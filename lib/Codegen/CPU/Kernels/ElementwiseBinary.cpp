// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = function(a, b), in f32, rounded once. Operands may repeat over columns, groups and rows; b may be one number,
// an attribute.
#include "../Runs.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static Value applyElementwiseBinary(KernelBuilder &k, StringRef function, Value a, Value b) {
  if (function == "add")
    return k.add(a, b);
  if (function == "sub")
    return k.sub(a, b);
  if (function == "mul")
    return k.mul(a, b);
  if (function == "div")
    return k.div(a, b);
  // NaN stays NaN.
  if (function == "max")
    return arith::MaximumFOp::create(k.ops(), a, b);
  return arith::MinimumFOp::create(k.ops(), a, b);
}

namespace {
/// One operand: rows of what it does not repeat.
class Operand {
public:
  Operand(const RunsOfRows &rows, const Kernel &kernel, StringRef name)
      : rows(rows), repeat(kernel.repeat(name)), stride(kernel.stride(name)) {}

  /// What gives a vector of the run's columns.
  std::function<Value(Value at, Value mask)> ofRun(KernelBuilder &k, Value buffer, Value row, Value group) const {
    if (repeat == Repeat::columns || repeat == Repeat::row || repeat == Repeat::all) {
      Value place =
          repeat == Repeat::all ? k.index(0) : k.add(k.mul(row, stride), repeat == Repeat::row ? k.index(0) : group);
      Value number = k.broadcast(k.extend(k.loadScalar(buffer, place)));
      return [=](Value, Value) { return number; };
    }
    Value start = repeat == Repeat::rows
                      ? k.index(0)
                      : rows.run(k, row, group, stride, repeat == Repeat::groups ? 1 : rows.groups());
    return [=, &k](Value at, Value mask) { return k.load(buffer, k.add(start, at), mask); };
  }

private:
  const RunsOfRows &rows;
  Repeat repeat;
  int64_t stride;
};
} // namespace

static void checkElementwiseBinary(Kernel &kernel, Problems &problems) {
  RunsOfRows::check(kernel, problems);
  if (kernel.has("b") == kernel.hasAttribute("scalar"))
    problems.add("expected either operand 'b' or attribute 'scalar'");
}

static void emitElementwiseBinary(KernelBuilder &k, const Kernel &kernel) {
  StringRef function = kernel.choice("function");
  RunsOfRows rows(kernel);
  Operand a(rows, kernel, "a");
  std::optional<Operand> b;
  if (kernel.has("b"))
    b.emplace(rows, kernel, "b");
  int64_t ldo = kernel.stride("out");
  k.begin();
  Value out = k.operand("out");
  rows.each(k, [&](Value row, Value group) {
    auto first = a.ofRun(k, k.operand("a"), row, group);
    auto second =
        b ? b->ofRun(k, k.operand("b"), row, group) : [&](Value, Value) { return k.splat(kernel.number("scalar")); };
    Value to = rows.run(k, row, group, ldo, rows.groups());
    k.columns(rows.cols(k), [&](Value at, Value mask) {
      k.store(applyElementwiseBinary(k, function, first(at, mask), second(at, mask)), out, k.add(to, at), mask);
    });
  });
  k.end();
}

KernelKinds kinds::ElementwiseBinary() {
  OperandRule a = read("a", "[rows.. | groups.., cols] x A"), b = optionalRead("b", "[rows.. | groups.., cols] x B");
  a.repeats = b.repeats = true;
  return {{.name = "elementwise_binary",
           .summary = "out = function(a, b), rounded once; b may be one number, an attribute.",
           .operands = {a, b, write("out", "[rows.. | groups.., cols] x O")},
           .scalars = {scalar("rows"), RunsOfRows::columns()},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {choice("function", {"add", "sub", "mul", "div", "max", "min"}, "of each pair of elements"),
                          optional(number("scalar", "b, in place of the operand"))},
           .example = {"read [r, 20] x bf16; read [r, 1] x f32; write [r, 20] x bf16", R"({function = "max"})"},
           .check = checkElementwiseBinary,
           .emit = emitElementwiseBinary}};
}
