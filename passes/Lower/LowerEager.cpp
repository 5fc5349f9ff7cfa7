// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager ops, as kernels over rows of runs of columns.
#include "FunctionLowering.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

/// A tensor as the kernels see it: its leading dynamic dims are rows, its last dim is a run of columns, and what lies between counts the
/// runs of a row.
struct Shape {
  explicit Shape(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    dims = type.getShape();
    while (leading < dims.size() && ShapedType::isDynamic(dims[leading]))
      ++leading;
    for (int64_t size : dims.size() > leading ? inner().drop_back() : inner())
      groups *= size;
    if (dims.size() > leading)
      cols = dims.back();
  }

  ArrayRef<int64_t> inner() const { return dims.drop_front(leading); }
  bool hasStaticCols() const { return !ShapedType::isDynamic(cols); }

  ArrayRef<int64_t> dims;
  size_t leading = 0;
  int64_t groups = 1, cols = 1;
};

/// Lowers one op: the shape decides about its rows, groups and columns.
class Lowering {
public:
  Lowering(FunctionLowering &f, Operation *op, Value value) : f(f), loc(op->getLoc()), shape(value), type(f.bufferType(value)) {}

  /// `cols` and `groups`, the latter unless 1.
  void addShape() {
    if (shape.hasStaticCols())
      config.push_back(f.attr("cols", shape.cols));
    if (shape.groups != 1)
      config.push_back(f.attr("groups", shape.groups));
  }
  /// Where columns are dynamic, rows with so many lie one behind another.
  void addStride(StringRef name, Value buffer) {
    if (shape.hasStaticCols())
      config.push_back(f.stride(name, buffer));
  }
  void add(NamedAttribute attribute) { config.push_back(attribute); }
  ArrayRef<rt::Dim> leadingDims() const { return type.getDims().take_front(shape.leading); }

  /// Scalars are the rows, then the columns if these are dynamic, then others.
  void dispatch(StringRef kind, ArrayRef<FunctionLowering::Use> uses, ArrayRef<rt::ExtentAttr> others = {}) {
    SmallVector<rt::ExtentAttr> scalars{f.program.extent(leadingDims())};
    if (!shape.hasStaticCols())
      scalars.push_back(f.program.extent({type.getDims().back()}));
    llvm::append_range(scalars, others);
    f.dispatch(loc, kind, config, uses, scalars, {f.program.extent(leadingDims(), cpu::kRowBlock)});
  }

  FunctionLowering &f;
  Location loc;
  Shape shape;
  rt::BufferType type;
  SmallVector<NamedAttribute> config;
};

//===--- Elementwise ---------------------------------------------------------------------------------------------------------------===//

LogicalResult lowerUnary(FunctionLowering &f, Operation *op, StringRef function) {
  Value x = f.buffer(op->getOperand(0)), out = f.allocate(op->getResult(0));
  Lowering lowering(f, op, op->getResult(0));
  lowering.addShape();
  lowering.add(f.attr("function", function));
  lowering.addStride("ldx", x);
  lowering.addStride("ldo", out);
  lowering.add(f.element("x_type", x));
  lowering.add(f.element("out_type", out));
  lowering.dispatch("elementwise_unary", {f.read(x), f.write(out)});
  return success();
}

LogicalResult lower(FunctionLowering &f, CastOp op) { return lowerUnary(f, op, "cast"); }
LogicalResult lower(FunctionLowering &f, UnaryOp op) { return lowerUnary(f, op, stringifyUnaryKind(op.getKind())); }

/// Over what an operand of an elementwise op repeats, in the kernel's words; empty if no kernel does that.
StringRef repeatOf(const Shape &operand, const Shape &result) {
  if (operand.dims.size() == result.dims.size() && operand.leading == result.leading) {
    if (operand.dims == result.dims)
      return "none";
    ArrayRef<int64_t> groups = operand.inner().drop_back();
    bool same = groups == result.inner().drop_back(), one = llvm::all_of(groups, [](int64_t size) { return size == 1; });
    if (operand.cols == result.cols && one)
      return "groups";
    if (operand.cols == 1 && (same || one))
      return same ? "columns" : "row";
  }
  if (operand.leading != 0 || operand.groups != 1)
    return "";
  return operand.cols == 1 ? "all" : operand.cols == result.cols ? "rows" : "";
}

/// Adds the attributes of an operand.
LogicalResult addOperand(Lowering &lowering, Operation *op, Value value, const std::string &name) {
  FunctionLowering &f = lowering.f;
  Value buffer = f.buffer(value);
  StringRef repeat = repeatOf(Shape(value), lowering.shape);
  if (repeat.empty())
    return op->emitOpError() << "no kernel repeats " << value.getType() << " over " << op->getResult(0).getType();
  lowering.add(f.attr(name + "_repeat", repeat));
  lowering.add(f.element(name + "_type", buffer));
  if (repeat == "columns" || repeat == "row")
    lowering.add(f.stride("ld" + name, buffer));
  else if (repeat == "none" || repeat == "groups")
    lowering.addStride("ld" + name, buffer);
  return success();
}

LogicalResult lowerBinary(FunctionLowering &f, Operation *op, BinaryKind kind, ValueRange operands, ArrayRef<NamedAttribute> others = {}) {
  Lowering lowering(f, op, op->getResult(0));
  lowering.addShape();
  lowering.add(f.attr("function", stringifyBinaryKind(kind)));
  SmallVector<FunctionLowering::Use> uses;
  for (auto [value, name] : llvm::zip(operands, std::array{"a", "b"})) {
    if (failed(addOperand(lowering, op, value, name)))
      return failure();
    uses.push_back(f.read(f.buffer(value)));
  }
  Value out = f.allocate(op->getResult(0));
  uses.push_back(f.write(out));
  lowering.addStride("ldo", out);
  lowering.add(f.element("out_type", out));
  llvm::append_range(lowering.config, others);
  lowering.dispatch("elementwise_binary", uses);
  return success();
}

LogicalResult lower(FunctionLowering &f, BinaryOp op) { return lowerBinary(f, op, op.getKind(), op.getOperands()); }
LogicalResult lower(FunctionLowering &f, BinaryScalarOp op) {
  return lowerBinary(f, op, op.getKind(), op.getX(), f.attr("scalar", op.getValue()));
}

//===--- Over dims -----------------------------------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, ReduceOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  Lowering lowering(f, op, op.getX());
  lowering.addShape();
  lowering.add(f.attr("function", stringifyReduceKind(op.getKind())));
  lowering.addStride("ldx", x);
  lowering.add(f.stride("ldo", out));
  lowering.add(f.element("x_type", x));
  lowering.add(f.element("out_type", out));
  lowering.dispatch("reduce", {f.read(x), f.write(out)});
  return success();
}

LogicalResult lower(FunctionLowering &f, SumHeadsOp op) {
  Lowering lowering(f, op, op.getX());
  if (lowering.shape.inner().size() != 2)
    return op.emitOpError() << "no kernel sums heads of " << op.getX().getType() << ": all dims but the last two must be dynamic";
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  lowering.addShape();
  lowering.addStride("ldx", x);
  lowering.addStride("ldo", out);
  lowering.dispatch("sum_heads", {f.read(x), f.write(out)});
  return success();
}

LogicalResult lower(FunctionLowering &f, SumLeadingOp op) {
  Shape shape(op.getX());
  if (!shape.hasStaticCols())
    return op.emitOpError() << "no kernel sums " << op.getX().getType() << ", whose last dim is dynamic";
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  int64_t cols = cast<RankedTensorType>(op.getType()).getNumElements();
  rt::ExtentAttr rows = f.program.extent(f.type(x).getDims().take_front(shape.leading));
  f.dispatch(op.getLoc(), "sum_rows", {f.attr("groups", shape.groups * shape.cols / cols), f.attr("cols", cols), f.stride("ldx", x)},
             {f.read(x), f.write(out)}, {rows}, {f.program.extent({})});
  return success();
}

/// For kernels that look for columns in rows of one run.
LogicalResult expectOneRun(Operation *op, const Shape &shape) {
  if (shape.groups == 1 && shape.hasStaticCols())
    return success();
  return op->emitOpError() << "no kernel looks for columns of " << op->getOperand(0).getType() << ": all dims but the last must be dynamic";
}

LogicalResult lower(FunctionLowering &f, TopKOp op) {
  Lowering lowering(f, op, op.getX());
  Value x = f.buffer(op.getX()), values = f.allocate(op.getValues()), indices = f.allocate(op.getIndices());
  lowering.addShape();
  lowering.add(f.attr("top_k", Shape(op.getValues()).cols));
  lowering.addStride("ldx", x);
  lowering.add(f.stride("ldv", values));
  lowering.add(f.stride("ldi", indices));
  lowering.add(f.element("type", x));
  lowering.dispatch("top_k", {f.read(x), f.write(values), f.write(indices)});
  return success();
}

LogicalResult lower(FunctionLowering &f, OneHotOp op) {
  Value indices = f.buffer(op.getIndices()), out = f.allocate(op.getResult());
  Lowering lowering(f, op, op.getResult());
  lowering.add(f.attr("cols", lowering.shape.cols));
  lowering.add(f.attr("groups", lowering.shape.groups));
  lowering.add(f.stride("ldi", indices));
  lowering.add(f.stride("ldo", out));
  lowering.dispatch("one_hot", {f.read(indices), f.write(out)});
  return success();
}

//===--- Labels and masks of tokens ------------------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, ShiftLabelsOp op) {
  Value labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  ArrayRef<rt::Dim> dims = f.type(labels).getDims();
  rt::ExtentAttr batch = f.program.extent(dims[0]), seq = f.program.extent(dims[1]);
  f.dispatch(op.getLoc(), "shift_labels", {f.attr("fill", static_cast<int64_t>(op.getFill()))}, {f.read(labels), f.write(out)},
             {batch, seq}, {batch});
  return success();
}

LogicalResult lower(FunctionLowering &f, GatherLabelOp op) {
  Lowering lowering(f, op, op.getX());
  if (failed(expectOneRun(op, lowering.shape)))
    return failure();
  Value x = f.buffer(op.getX()), labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  lowering.addShape();
  lowering.addStride("ldx", x);
  lowering.add(f.stride("ldo", out));
  lowering.add(f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex())));
  lowering.dispatch("gather_label", {f.read(x), f.read(labels), f.write(out)});
  return success();
}

LogicalResult lower(FunctionLowering &f, NotEqualOp op) {
  Value tokens = f.buffer(op.getTokens()), out = f.allocate(op.getResult());
  Lowering lowering(f, op, op.getResult());
  lowering.add(f.attr("value", static_cast<int64_t>(op.getValue())));
  lowering.add(f.stride("ldo", out));
  lowering.dispatch("not_equal", {f.read(tokens), f.write(out)});
  return success();
}

//===--- Attention -----------------------------------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, AttentionMaskOp op) {
  Value starts = f.buffer(op.getStarts()), mask = f.buffer(op.getKeyMask()), out = f.allocate(op.getResult());
  Lowering lowering(f, op, op.getResult());
  lowering.add(f.attr("window", static_cast<int64_t>(op.getWindow())));
  lowering.dispatch("attention_mask", {f.read(starts), f.read(mask), f.write(out)}, f.program.extent(f.flag(op.getMaskGiven())));
  return success();
}

/// What both products know of heads.
Lowering headsOf(FunctionLowering &f, Operation *op, Value scores, Value keysOrValues) {
  Lowering lowering(f, op, scores);
  Shape heads(keysOrValues);
  lowering.add(f.attr("heads", lowering.shape.groups));
  lowering.add(f.attr("kv_heads", heads.groups));
  lowering.add(f.attr("head_dim", heads.cols));
  return lowering;
}

LogicalResult lower(FunctionLowering &f, AttentionScoresOp op) {
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey()), out = f.allocate(op.getResult());
  Lowering lowering = headsOf(f, op, op.getResult(), op.getKey());
  lowering.add(f.stride("ldq", q));
  lowering.add(f.stride("ldk", k));
  lowering.add(f.element("q_type", q));
  lowering.add(f.element("k_type", k));
  lowering.dispatch("attention_scores", {f.read(q), f.read(k), f.write(out)});
  return success();
}

LogicalResult lower(FunctionLowering &f, AttentionValuesOp op) {
  Value weights = f.buffer(op.getWeights()), v = f.buffer(op.getValue()), out = f.allocate(op.getResult());
  Lowering lowering = headsOf(f, op, op.getWeights(), op.getValue());
  lowering.add(f.stride("ldv", v));
  lowering.add(f.stride("ldo", out));
  lowering.add(f.element("v_type", v));
  lowering.add(f.element("out_type", out));
  lowering.dispatch("attention_values", {f.read(weights), f.read(v), f.write(out)});
  return success();
}

/// For kernels over rows of keys.
LogicalResult expectKeys(Operation *op, const Shape &shape) {
  if (shape.leading == 2 && !shape.hasStaticCols())
    return success();
  return op->emitOpError() << "no kernel looks for keys in " << op->getOperand(0).getType() << ": all dims but the third must be dynamic";
}

LogicalResult lower(FunctionLowering &f, SelectKeysOp op) {
  Lowering lowering(f, op, op.getScores());
  if (failed(expectKeys(op, lowering.shape)))
    return failure();
  Value scores = f.buffer(op.getScores()), mask = f.buffer(op.getMask()), out = f.allocate(op.getResult());
  lowering.add(f.attr("top_k", static_cast<int64_t>(op.getTopK())));
  lowering.add(f.stride("ldi", out));
  lowering.dispatch("select_keys", {f.read(scores), f.read(mask), f.write(out)});
  return success();
}

LogicalResult lower(FunctionLowering &f, KeepKeysOp op) {
  Lowering lowering(f, op, op.getMask());
  if (failed(expectKeys(op, lowering.shape)))
    return failure();
  Value mask = f.buffer(op.getMask()), indices = f.buffer(op.getIndices()), out = f.allocate(op.getResult());
  lowering.add(f.attr("count", Shape(op.getIndices()).cols));
  lowering.add(f.stride("ldi", indices));
  lowering.dispatch("keep_keys", {f.read(mask), f.read(indices), f.write(out)});
  return success();
}

//===--- Linear attention ----------------------------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, ShiftTokensOp op) {
  Value x = f.buffer(op.getX()), starts = f.buffer(op.getStarts()), out = f.allocate(op.getResult());
  rt::ExtentAttr seq = f.program.extent(f.type(starts).getDims()[1]);
  f.dispatch(op.getLoc(), "shift_tokens",
             {f.attr("cols", Shape(op.getX()).cols), f.attr("by", static_cast<int64_t>(op.getBy())), f.stride("ldx", x),
              f.stride("ldo", out), f.element("type", x)},
             {f.read(x), f.read(starts), f.write(out)}, {f.rows(starts), seq}, {f.rows(starts, cpu::kRowBlock)});
  return success();
}

LogicalResult lower(FunctionLowering &f, GatedDeltaScanOp op) {
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey()), v = f.buffer(op.getValue()), g = f.buffer(op.getG());
  Value beta = f.buffer(op.getBeta()), starts = f.buffer(op.getStarts()), out = f.allocate(op.getResult());
  ArrayRef<int64_t> keys = cast<RankedTensorType>(op.getKey().getType()).getShape().take_back(2);
  ArrayRef<int64_t> values = cast<RankedTensorType>(op.getValue().getType()).getShape().take_back(2);
  ArrayRef<rt::Dim> tokens = f.type(starts).getDims();
  rt::Dim heads(values[0]), blocks((values[1] + cpu::kDeltaColumns - 1) / cpu::kDeltaColumns);
  Value state = f.scratch(rt::BufferType::get(f.context, {tokens[0], heads, blocks, rt::Dim(keys[1]), rt::Dim(cpu::kDeltaColumns)},
                                              Float32Type::get(f.context)));
  f.dispatch(op.getLoc(), "gated_delta_scan",
             {f.attr("heads", values[0]), f.attr("key_heads", keys[0]), f.attr("key_dim", keys[1]), f.attr("value_dim", values[1]),
              f.stride("ldq", q), f.stride("ldk", k), f.stride("ldv", v), f.stride("ldg", g), f.stride("ldb", beta), f.stride("ldo", out)},
             {f.read(q), f.read(k), f.read(v), f.read(g), f.read(beta), f.read(starts), f.write(state), f.write(out)},
             {f.program.extent({tokens[1]})}, {f.program.extent({tokens[0], heads}), f.program.extent({blocks})});
  return success();
}

} // namespace

LogicalResult lowerEager(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<CastOp, UnaryOp, BinaryOp, BinaryScalarOp>([&](auto op) { return lower(f, op); })
      .Case<ReduceOp, SumHeadsOp, SumLeadingOp, TopKOp, OneHotOp>([&](auto op) { return lower(f, op); })
      .Case<ShiftLabelsOp, GatherLabelOp, NotEqualOp>([&](auto op) { return lower(f, op); })
      .Case<AttentionMaskOp, AttentionScoresOp, AttentionValuesOp, SelectKeysOp, KeepKeysOp>([&](auto op) { return lower(f, op); })
      .Case<ShiftTokensOp, GatedDeltaScanOp>([&](auto op) { return lower(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
