// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Follows indices back to inputs of the entries, and compares what these may be with the size of what they index.
#include "CheckIndices.h"

#include "OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

IndexCheck::IndexCheck(ArrayRef<func::FuncOp> functions, ArrayRef<func::FuncOp> entries, ModuleAxes &axes)
    : entries(entries), axes(axes) {
  for (func::FuncOp function : functions)
    for (auto call : function.getOps<CallOp>())
      callers[SymbolTable::lookupNearestSymbolFrom(call, call.getCalleeAttr())].push_back(call);
}

void IndexCheck::trace(Value value, llvm::SetVector<BlockArgument> &found, llvm::DenseSet<Value> &seen) const {
  if (!seen.insert(value).second)
    return;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    if (llvm::is_contained(entries, function))
      found.insert(argument);
    for (CallOp call : callers.lookup(function))
      trace(call.getOperand(argument.getArgNumber()), found, seen);
  } else if (Operation *op = value.getDefiningOp(); isa<FlattenOp, UnflattenOp>(op)) {
    trace(op->getOperand(0), found, seen);
  } else if (isa<CollectiveOpInterface>(op)) {
    trace(op->getOperand(cast<OpResult>(value).getResultNumber()), found, seen);
  } else if (auto call = dyn_cast<CallOp>(op)) {
    auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
    trace(callee.getBody().front().getTerminator()->getOperand(cast<OpResult>(value).getResultNumber()), found, seen);
  }
}

llvm::SetVector<BlockArgument> IndexCheck::originsOf(Value value) const {
  llvm::SetVector<BlockArgument> found;
  llvm::DenseSet<Value> seen;
  trace(value, found, seen);
  return found;
}

static StringRef nameOf(BlockArgument input) {
  auto function = cast<func::FuncOp>(input.getOwner()->getParentOp());
  auto name = function.getArgAttrOfType<StringAttr>(input.getArgNumber(), VeOmniDialect::kName);
  return name ? name.getValue() : StringRef();
}

namespace {
/// What the attributes of an input say of its elements.
class Limits {
public:
  explicit Limits(BlockArgument input) {
    auto function = cast<func::FuncOp>(input.getOwner()->getParentOp());
    range = function.getArgAttrOfType<DenseI64ArrayAttr>(input.getArgNumber(), VeOmniDialect::kRange);
    below = function.getArgAttrOfType<rt::ExtentAttr>(input.getArgNumber(), VeOmniDialect::kBelow);
    ignored = bool(function.getArgAttr(input.getArgNumber(), VeOmniDialect::kIgnored));
  }
  /// Elements with a bound and no range are at least 0.
  bool areIndices() const { return !ignored && (range ? range[0] >= 0 : bool(below)); }
  bool areBelow(const SizePolynomial &bound) const {
    std::optional<int64_t> size = bound.constant();
    return (size && range && range[1] < *size) || (below && below.getDivisor() == 1 && below.getSum().fitsInto(bound));
  }

  DenseI64ArrayAttr range;
  /// A value outside of all bounds, which elements may have, too.
  bool ignored = false;
  rt::ExtentAttr below;
};
} // namespace

/// Checks that elements of `input` are at least 0 and, if a bound is given, less than that.
static LogicalResult checkBound(Operation *op, unsigned operand, BlockArgument input,
                                std::optional<SizePolynomial> bound) {
  Limits limits(input);
  auto error = [&]() -> InFlightDiagnostic {
    return op->emitOpError() << "takes operand " << operand << " for indices, but input '" << nameOf(input) << "' ";
  };
  if (limits.areIndices() && (!bound || limits.areBelow(*bound)))
    return success();
  if (limits.ignored)
    return error() << "may have the value of its veomni.ignored, which is no index";
  std::optional<int64_t> size = bound ? bound->constant() : std::nullopt;
  if (size && limits.range)
    return error() << "has veomni.range [" << limits.range[0] << ", " << limits.range[1] << "], expected it within [0, "
                   << *size - 1 << "]";
  if (size)
    return error() << "has no veomni.range, expected array<i64: 0, " << *size - 1 << "> or less";
  if (!limits.areIndices() && (limits.range || !bound))
    return error() << "may be negative, expected a veomni.range from 0";
  auto expected = rt::ExtentAttr::get(op->getContext(), *bound);
  return error() << "is not known to be less than its dim, expected veomni.below = " << expected;
}

std::optional<SizePolynomial> IndexCheck::dims(Value value, int64_t first, int64_t count) const {
  auto function = cast<func::FuncOp>(value.getParentRegion()->getParentOp());
  if (!llvm::is_contained(entries, function))
    return std::nullopt;
  FailureOr<const FunctionAxes *> own = axes.of(function);
  if (failed(own))
    return std::nullopt;
  SizePolynomial product = SizePolynomial::constant(1);
  for (int64_t dim = first; dim < first + count; ++dim)
    if (AxisExtent extent = (*own)->of(value, dim); !extent.valid() || !product.multiply(extent.sum()))
      return std::nullopt;
  return product;
}

std::optional<SizePolynomial> IndexCheck::rows(Value value, int64_t factor, int64_t more) const {
  std::optional<SizePolynomial> product = dims(value, 0, cast<ShapedType>(value.getType()).getRank() - 1);
  if (!product || !product->multiply(SizePolynomial::constant(factor)) || !product->add(SizePolynomial::constant(more)))
    return std::nullopt;
  return product;
}

LogicalResult IndexCheck::within(Operation *op, unsigned operand, const std::optional<SizePolynomial> &bound) const {
  for (BlockArgument input : originsOf(op->getOperand(operand))) {
    if (!bound)
      return op->emitOpError() << "takes operand " << operand << " for indices, but it is input '" << nameOf(input)
                               << "'; a function that is no entry takes only indices that an op has made, or into "
                                  "what has a static size";
    if (failed(checkBound(op, operand, input, bound)))
      return failure();
  }
  return success();
}

LogicalResult IndexCheck::atLeast0(Operation *op, unsigned operand) const {
  for (BlockArgument input : originsOf(op->getOperand(operand)))
    if (failed(checkBound(op, operand, input, std::nullopt)))
      return failure();
  return success();
}

LogicalResult IndexCheck::places(Operation *op, Value places, Value tokens, int64_t more) const {
  unsigned operand = llvm::find(op->getOperands(), places) - op->operand_begin();
  std::optional<SizePolynomial> bound = dims(tokens, 1, 1);
  if (bound && !bound->add(SizePolynomial::constant(more)))
    bound = std::nullopt;
  return within(op, operand, bound);
}

LogicalResult checkIndices(ArrayRef<func::FuncOp> functions, ArrayRef<func::FuncOp> entries, ModuleAxes &axes) {
  IndexCheck check(functions, entries, axes);
  bool good = true;
  for (func::FuncOp function : functions)
    for (Operation &op : function.getBody().front())
      if (const OpLowering *lowering = opLowerings().find(&op); lowering && lowering->indices)
        good &= succeeded(lowering->indices(check, &op));
  return success(good);
}

} // namespace veomni::lower
