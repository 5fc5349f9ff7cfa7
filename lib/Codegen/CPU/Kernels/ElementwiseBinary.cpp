// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = function(a, b), in f32, rounded once. Operands may repeat over columns, groups and rows; b may be one number, an attribute.
#include "Runs.h"

using namespace veomni::cpu;
using namespace mlir;

static Value apply(KernelBuilder &k, StringRef function, Value a, Value b) {
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
/// One operand, and over what it repeats.
///   none      rows of all runs
///   columns   rows of one number per group
///   groups    rows of one run for all groups
///   row       rows of one number
///   rows      one run for all groups of all rows
///   all       one number
class Operand {
public:
  Operand(const RunsOfRows &rows, Attributes &attributes, const std::string &name)
      : rows(rows), repeat(attributes.choice(name + "_repeat", {"none", "columns", "groups", "row", "rows", "all"})),
        type(rows.elementType(attributes, name + "_type")) {
    if (repeat == "columns" || repeat == "row")
      stride = attributes.integer("ld" + name);
    else if (repeat == "none" || repeat == "groups")
      stride = rows.stride(attributes, "ld" + name);
  }

  Type elementType() const { return type; }

  /// What gives a vector of the run's columns.
  std::function<Value(Value at, Value mask)> ofRun(KernelBuilder &k, Value buffer, Value row, Value group) const {
    if (repeat == "columns" || repeat == "row" || repeat == "all") {
      Value place = repeat == "all" ? k.index(0) : k.add(k.mul(row, stride), repeat == "row" ? k.index(0) : group);
      Value number = k.broadcast(k.extend(k.loadScalar(buffer, place)));
      return [=](Value, Value) { return number; };
    }
    Value start = repeat == "rows" ? k.index(0) : rows.run(k, row, group, stride, repeat == "groups" ? 1 : rows.groups());
    return [=, &k](Value at, Value mask) { return k.load(buffer, k.add(start, at), mask); };
  }

private:
  const RunsOfRows &rows;
  StringRef repeat;
  Type type;
  int64_t stride = 0;
};
} // namespace

LogicalResult veomni::cpu::emitElementwiseBinary(KernelBuilder &k, Attributes &attributes) {
  StringRef function = attributes.choice("function", {"add", "sub", "mul", "div", "max", "min"});
  RunsOfRows rows(attributes);
  Operand a(rows, attributes, "a");
  std::optional<double> scalar = attributes.optionalNumber("scalar");
  std::optional<Operand> b;
  if (!scalar)
    b.emplace(rows, attributes, "b");
  int64_t ldo = rows.stride(attributes, "ldo");
  Type outType = rows.elementType(attributes, "out_type");
  if (failed(attributes.check()))
    return failure();

  SmallVector<Type> operands{a.elementType()};
  if (b)
    operands.push_back(b->elementType());
  operands.push_back(outType);
  k.begin(operands, rows.scalars());
  Value out = k.operand(operands.size() - 1);
  rows.each(k, [&](Value row, Value group) {
    auto first = a.ofRun(k, k.operand(0), row, group);
    auto second = b ? b->ofRun(k, k.operand(1), row, group) : [&](Value, Value) { return k.splat(*scalar); };
    Value to = rows.run(k, row, group, ldo, rows.groups());
    k.columns(rows.cols(k),
              [&](Value at, Value mask) { k.store(apply(k, function, first(at, mask), second(at, mask)), out, k.add(to, at), mask); });
  });
  k.end();
  return success();
}
