// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds functions per module and calls at its path, one body for all modules that are alike.
#include "veomni/Models/ModuleTree.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace veomni {

ModuleTree::ModuleTree(ModuleOp module, FloatType activationType, FloatType parameterType)
    : builder(module.getContext()), activationType(activationType), parameterType(parameterType), module_(module),
      symbols_(module), place_(builder.getUnknownLoc()) {}

static ArrayAttr axesAttr(OpBuilder &builder, const Port &port) {
  SmallVector<StringRef> names(port.axes);
  return builder.getStrArrayAttr(names);
}

static StringRef nameOf(Operation *op) {
  if (auto binary = dyn_cast<BinaryOp>(op))
    return stringifyBinaryKind(binary.getKind());
  return op->getName().stripDialect();
}

func::FuncOp ModuleTree::create(StringRef symbol, StringRef className, StringRef method, ArrayRef<Port> arguments,
                                ArrayRef<Port> results, Body body) {
  auto types = [](ArrayRef<Port> ports) {
    return llvm::map_to_vector(ports, [](const Port &port) { return port.type; });
  };
  Location loc = NameLoc::get(builder.getStringAttr((className + "." + method).str()));
  // Bodies ask for other functions, whose bodies are made in between.
  llvm::SaveAndRestore<Location> guardPlace(place_, loc);
  auto function = func::FuncOp::create(loc, symbol, builder.getFunctionType(types(arguments), types(results)));
  function->setAttr(VeOmniDialect::kClass, builder.getStringAttr(className));
  function->setAttr(VeOmniDialect::kMethod, builder.getStringAttr(method));
  for (auto [index, port] : llvm::enumerate(arguments))
    if (!port.axes.empty())
      function.setArgAttr(index, VeOmniDialect::kAxes, axesAttr(builder, port));
  for (auto [index, port] : llvm::enumerate(results))
    if (!port.axes.empty())
      function.setResultAttr(index, VeOmniDialect::kAxes, axesAttr(builder, port));

  OpBuilder::InsertionGuard guard(builder);
  Block *block = function.addEntryBlock();
  for (auto [argument, port] : llvm::zip_equal(block->getArguments(), arguments))
    if (!port.name.empty())
      argument.setLoc(named(port.name));
  builder.setInsertionPointToStart(block);
  func::ReturnOp::create(builder, loc, body(block->getArguments()));
  // What no module or parameter names is named after what it does, so that an error can say where it is.
  for (Operation &op : *block)
    if (isa<UnknownLoc>(op.getLoc()))
      op.setLoc(named(nameOf(&op)));
  symbols_.insert(function); // after the body, so that callees come first
  return function;
}

func::FuncOp ModuleTree::method(StringRef className, StringRef method, StringRef specialisation,
                                ArrayRef<Port> arguments, ArrayRef<Port> results, Body body) {
  std::string symbol = (className + "." + method).str();
  if (!specialisation.empty())
    symbol += ("$" + specialisation).str();
  if (auto existing = symbols_.lookup<func::FuncOp>(symbol))
    return existing;
  func::FuncOp function = create(symbol, className, method, arguments, results, body);
  function.setPrivate();
  return function;
}

func::FuncOp ModuleTree::entry(StringRef symbol, StringRef className, ArrayRef<Port> arguments,
                               ArrayRef<NamedAttrList> argumentAttributes, ArrayRef<Port> results,
                               ArrayRef<std::string> resultNames, Body body) {
  func::FuncOp function = create(symbol, className, "forward", arguments, results, body);
  for (auto [index, attributes] : llvm::enumerate(argumentAttributes)) {
    for (NamedAttribute attribute : attributes)
      function.setArgAttr(index, attribute.getName(), attribute.getValue());
    if (auto name = function.getArgAttrOfType<StringAttr>(index, VeOmniDialect::kName))
      function.getArgument(index).setLoc(NameLoc::get(name, function.getLoc()));
  }
  for (auto [index, name] : llvm::enumerate(resultNames))
    function.setResultAttr(index, VeOmniDialect::kName, builder.getStringAttr(name));
  return function;
}

Location ModuleTree::named(const Twine &name) const {
  return NameLoc::get(StringAttr::get(place_.getContext(), name), place_);
}

ValueRange ModuleTree::call(func::FuncOp callee, const Twine &path, ValueRange operands) {
  Location loc = named(path);
  return CallOp::create(builder, loc, callee.getResultTypes(), callee.getSymName(), path.str(), operands).getResults();
}

Port ModuleTree::port(ArrayRef<StringRef> axes, ArrayRef<int64_t> inner, Type element) {
  SmallVector<int64_t> shape(axes.size(), ShapedType::kDynamic);
  llvm::append_range(shape, inner);
  return {RankedTensorType::get(shape, element ? element : Type(activationType)), SmallVector<StringRef>(axes)};
}

Value ModuleTree::param(StringRef name, ArrayRef<int64_t> shape, Type element) {
  Location loc = named(name);
  return ParamOp::create(builder, loc, RankedTensorType::get(shape, element ? element : Type(parameterType)), name);
}

static RankedTensorType withLastDims(Value x, unsigned drop, ArrayRef<int64_t> dims) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape().drop_back(drop));
  llvm::append_range(shape, dims);
  return RankedTensorType::get(shape, type.getElementType());
}

Value ModuleTree::linear(Value x, const Twine &name, int64_t features, bool bias) {
  Location loc = named(name);
  int64_t depth = cast<RankedTensorType>(x.getType()).getShape().back();
  Value weight = param((name + ".weight").str(), {features, depth});
  Value biasValue = bias ? param((name + ".bias").str(), {features}) : Value();
  return LinearOp::create(builder, loc, withLastDims(x, 1, {features}), x, weight, biasValue);
}

Value ModuleTree::rmsNorm(Value x, const Twine &name, double epsilon, NormVariant variant) {
  Location loc = named(name);
  Value weight = param((name + ".weight").str(), {cast<RankedTensorType>(x.getType()).getShape().back()});
  return RmsNormOp::create(builder, loc, x.getType(), x, weight, builder.getF32FloatAttr(epsilon),
                           NormVariantAttr::get(builder.getContext(), variant));
}

Value ModuleTree::layerNorm(Value x, const Twine &name, double epsilon) {
  Location loc = named(name);
  int64_t columns = cast<RankedTensorType>(x.getType()).getShape().back();
  Value weight = param((name + ".weight").str(), {columns}), bias = param((name + ".bias").str(), {columns});
  return LayerNormOp::create(builder, loc, x.getType(), x, weight, bias, builder.getF32FloatAttr(epsilon));
}

Value ModuleTree::unflatten(Value x, int64_t heads) {
  int64_t last = cast<RankedTensorType>(x.getType()).getShape().back();
  return UnflattenOp::create(builder, x.getLoc(), withLastDims(x, 1, {heads, last / heads}), x);
}

Value ModuleTree::flatten(Value x) {
  auto dims = cast<RankedTensorType>(x.getType()).getShape().take_back(2);
  return FlattenOp::create(builder, x.getLoc(), withLastDims(x, 2, {dims[0] * dims[1]}), x);
}

Value ModuleTree::slice(Value x, int64_t offset, int64_t size) {
  return SliceOp::create(builder, x.getLoc(), withLastDims(x, 1, {size}), x, offset);
}

Value ModuleTree::concat(Value a, Value b) {
  auto columns = [](Value x) { return cast<RankedTensorType>(x.getType()).getShape().back(); };
  return ConcatOp::create(builder, builder.getUnknownLoc(), withLastDims(a, 1, {columns(a) + columns(b)}), a, b);
}

Value ModuleTree::broadcastHeads(Value x, int64_t heads) {
  int64_t columns = cast<RankedTensorType>(x.getType()).getShape().back();
  return BroadcastHeadsOp::create(builder, x.getLoc(), withLastDims(x, 2, {heads, columns}), x);
}

Value ModuleTree::add(Value a, Value b) { return binary(BinaryKind::Add, a, b); }

Value ModuleTree::unary(UnaryKind kind, Value x) { return UnaryOp::create(builder, x.getLoc(), kind, x); }

Value ModuleTree::binary(BinaryKind kind, Value a, Value b) {
  return BinaryOp::create(builder, builder.getUnknownLoc(), BinaryOp::inferType(a, b), kind, a, b);
}

Value ModuleTree::f32(Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  return type.getElementType().isF32()
             ? x
             : Value(CastOp::create(builder, x.getLoc(), type.clone(builder.getF32Type()), x));
}

} // namespace veomni
