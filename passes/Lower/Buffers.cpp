// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values get memory when they are asked for; what only moves columns gets none where kernels read it in place.
#include "Buffers.h"

using namespace mlir;

namespace veomni::lower {

UnflattenOp headsOfSlice(Value value) {
  auto heads = value.getDefiningOp<UnflattenOp>();
  if (!heads || !heads.getX().getDefiningOp<SliceOp>())
    return {};
  // The columns of several runs are not split evenly: heads of heads are copied.
  auto rows = cast<RankedTensorType>(heads.getX().getType());
  return rows.getRank() - rows.getNumDynamicDims() == 1 ? heads : UnflattenOp();
}

int64_t lastDim(Value value) { return cast<RankedTensorType>(value.getType()).getShape().back(); }

AxisExtent Buffers::extent(Value value, unsigned dim) const {
  return inCaller(instance.axes->of(value, dim), instance.binding);
}

rt::BufferType Buffers::bufferType(Value value, bool dense) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<rt::Dim> dims;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    dims.push_back(ShapedType::isDynamic(size) ? program.dim(extent(value, dim)) : rt::Dim(size));
  // Scores have keys for columns, and tokens have none.
  if (type.hasStaticShape() || type.isDynamicDim(type.getRank() - 1))
    return rt::BufferType::get(context, dims, type.getElementType());
  unsigned rowRank = 0;
  int64_t inner = 1;
  for (int64_t size : llvm::reverse(type.getShape())) {
    if (ShapedType::isDynamic(size))
      break;
    inner *= size;
    ++rowRank;
  }
  return rt::BufferType::get(context, dims, type.getElementType(), rowRank,
                             dense ? 0 : rowStride(inner, type.getElementType()));
}

Value Buffers::scratch(rt::BufferType type) {
  auto slot = rt::SlotOp::create(values, instructions.getUnknownLoc(), type, slots++);
  return slot.getResult();
}

Value Buffers::allocate(Value value) {
  Value destination = destinations.lookup(value);
  return buffers[value] = destination ? destination : scratch(bufferType(value));
}

Value Buffers::buffer(Value value) {
  if (Value known = buffers.lookup(value))
    return known;
  if (Operation *op = value.getDefiningOp(); isa_and_nonnull<SliceOp, BroadcastHeadsOp>(op)) {
    Runs from = runs(value);
    Value to = allocate(value);
    return succeeded(gather(op, from, to)) ? to : Value();
  }
  if (UnflattenOp heads = headsOfSlice(value))
    return buffers[value] = view(buffer(heads.getX()), bufferType(value));
  FailureOr<Value> rows = param(value, /*product=*/false);
  return succeeded(rows) ? *rows : Value();
}

Buffers::Runs Buffers::runs(Value value, bool whole) {
  if (whole)
    return {buffer(value), 0, cast<RankedTensorType>(value.getType()).getShape().back()};
  if (auto slice = value.getDefiningOp<SliceOp>()) {
    Runs from = runs(slice.getX());
    return {from.buffer, from.at + static_cast<int64_t>(slice.getOffset()), from.run};
  }
  if (auto broadcast = value.getDefiningOp<BroadcastHeadsOp>()) {
    Runs from = runs(broadcast.getX());
    return {from.buffer, from.at, 0};
  }
  if (UnflattenOp heads = headsOfSlice(value)) {
    Runs from = runs(heads.getX());
    return {from.buffer, from.at, cast<RankedTensorType>(value.getType()).getShape().back()};
  }
  return {buffer(value), 0, cast<RankedTensorType>(value.getType()).getShape().back()};
}

int64_t Buffers::groups(Value buffer) {
  int64_t groups = 1;
  for (rt::Dim dim : type(buffer).getRowDims().drop_back())
    groups *= dim.value;
  return groups;
}

bool Buffers::addRuns(SmallVectorImpl<NamedAttribute> &config, StringRef operand, const Runs &runs, int64_t count,
                      int64_t cols) {
  if (runs.at == 0 && runs.run == cols && rowElements(runs.buffer) == count * cols)
    return false;
  config.push_back(attr((operand + "_at").str(), runs.at));
  if (runs.run != cols)
    config.push_back(attr((operand + "_run").str(), runs.run));
  return true;
}

FailureOr<Value> Buffers::param(Value value, bool product) {
  ArrayAttr names = parameterNames(value);
  if (!names)
    return failure();
  Value &known = params[{names, product}];
  if (!known) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<rt::Dim> dims = llvm::map_to_vector(type.getShape(), [](int64_t size) { return rt::Dim(size); });
    auto buffer = rt::BufferType::get(context, dims, type.getElementType(), 1, 0,
                                      product ? program.backend.productTile(type.getElementType()) : rt::Tile());
    ArrayRef<Windows::Param> own = program.windows.of(source).own;
    auto it = llvm::find_if(own, [&](const Windows::Param &p) { return p.names == names && p.product == product; });
    assert(it != own.end() && "windows hold every parameter that is used");
    known = rt::ParamOp::create(values, value.getLoc(), buffer, it - own.begin());
  }
  return known;
}

Value Buffers::view(Value source, rt::BufferType type) {
  return rt::ViewOp::create(values, instructions.getUnknownLoc(), type, source);
}

Value Buffers::columnOf(Value buffer) {
  rt::BufferType numbers = type(buffer);
  SmallVector<rt::Dim> dims(numbers.getDims());
  dims.push_back(rt::Dim(1));
  return view(buffer, rt::BufferType::get(context, dims, numbers.getElementType()));
}

rt::Dim Buffers::flag(Value value) { return rt::Dim(program.flags.lookup(value)); }

Value Buffers::rowCount(Value value) {
  if (!instance.ofExpert)
    return {};
  StringAttr rows = instance.axes->axes().front();
  bool counted =
      llvm::any_of(instance.axes->of(value), [&](const AxisExtent &extent) { return extent.contains(rows); });
  return counted ? count : Value();
}

int64_t Buffers::rowElements(Value buffer) {
  int64_t count = 1;
  for (rt::Dim dim : type(buffer).getRowDims())
    count *= dim.value;
  return count;
}

rt::ExtentAttr Buffers::rows(Value buffer, int64_t divisor) {
  // Tokens without features, like ids [batch, seq], are one row each.
  ArrayRef<rt::Dim> dims = type(buffer).getDims();
  bool tokens = !dims.empty() && !dims.back().isConstant();
  return program.extent(tokens ? dims : type(buffer).getLeadingDims(), divisor);
}

LogicalResult Buffers::gather(Operation *op, const Runs &from, Value to) {
  int64_t cols = type(to).getDims().back().value;
  SmallVector<NamedAttribute> config;
  if (addRuns(config, "x", from, groups(to), cols))
    config.push_back(attr("x_cols", cols));
  return dispatch(op, "convert", config, {read(from.buffer), write(to)});
}

} // namespace veomni::lower
