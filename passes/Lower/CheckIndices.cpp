// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers that a caller gives and a kernel takes for indices: the input must say what they may be, since the runtime
// checks no more than that. An index that an op of the model makes (a router's experts, a sort's routes) is right by
// construction.
#include "CheckIndices.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace veomni;

namespace {

/// Where values come from, through calls.
class Origins {
public:
  Origins(ArrayRef<func::FuncOp> functions, ArrayRef<func::FuncOp> entries) : entries(entries) {
    for (func::FuncOp function : functions)
      for (auto call : function.getOps<CallOp>())
        callers[SymbolTable::lookupNearestSymbolFrom(call, call.getCalleeAttr())].push_back(call);
  }

  /// The arguments of entries that `value` is, unchanged but for its shape.
  llvm::SetVector<BlockArgument> of(Value value) {
    llvm::SetVector<BlockArgument> found;
    llvm::DenseSet<Value> seen;
    trace(value, found, seen);
    return found;
  }

private:
  void trace(Value value, llvm::SetVector<BlockArgument> &found, llvm::DenseSet<Value> &seen) {
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
    } else if (auto call = dyn_cast<CallOp>(op)) {
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
      trace(callee.getBody().front().getTerminator()->getOperand(cast<OpResult>(value).getResultNumber()), found, seen);
    }
  }

  ArrayRef<func::FuncOp> entries;
  llvm::DenseMap<Operation *, SmallVector<CallOp>> callers;
};

StringRef nameOf(BlockArgument input) {
  auto function = cast<func::FuncOp>(input.getOwner()->getParentOp());
  auto name = function.getArgAttrOfType<StringAttr>(input.getArgNumber(), VeOmniDialect::kName);
  return name ? name.getValue() : StringRef();
}

/// What the attributes of an input say of its elements.
class Limits {
public:
  explicit Limits(BlockArgument input) {
    auto function = cast<func::FuncOp>(input.getOwner()->getParentOp());
    range = function.getArgAttrOfType<DenseI64ArrayAttr>(input.getArgNumber(), VeOmniDialect::kRange);
    below = function.getArgAttrOfType<rt::ExtentAttr>(input.getArgNumber(), VeOmniDialect::kBelow);
  }
  /// Elements with a bound and no range are at least 0.
  bool areIndices() const { return range ? range[0] >= 0 : bool(below); }
  bool areBelow(const SizePolynomial &bound) const {
    std::optional<int64_t> size = bound.constant();
    return (size && range && range[1] < *size) || (below && below.getDivisor() == 1 && below.getSum().fitsInto(bound));
  }

  DenseI64ArrayAttr range;
  rt::ExtentAttr below;
};

/// Checks that elements of `input` are at least 0 and, if a bound is given, less than that.
LogicalResult checkBound(Operation *op, unsigned operand, BlockArgument input, std::optional<SizePolynomial> bound) {
  Limits limits(input);
  auto error = [&]() -> InFlightDiagnostic {
    return op->emitOpError() << "takes operand " << operand << " for indices, but input '" << nameOf(input) << "' ";
  };
  if (limits.areIndices() && (!bound || limits.areBelow(*bound)))
    return success();
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

class IndexCheck {
public:
  IndexCheck(Origins &origins, ArrayRef<func::FuncOp> entries, ModuleAxes &axes)
      : origins(origins), entries(entries), axes(axes) {}

  LogicalResult check(Operation *op) {
    return llvm::TypeSwitch<Operation *, LogicalResult>(op)
        .Case([&](EmbeddingOp embedding) {
          return within(op, 0, cast<ShapedType>(embedding.getTable().getType()).getDimSize(0));
        })
        .Case([&](ExpertsLoopOp loop) { return within(op, 1, loop.getNumExperts()); })
        .Case([&](ExpertSortOp sort) {
          return within(op, 0, cast<ShapedType>(sort.getOffsets().getType()).getDimSize(0) - 1);
        })
        .Case([&](PermuteOp permute) {
          return within(op, 1, rows(permute.getX(), static_cast<int64_t>(permute.getTopK())));
        })
        .Case([&](GroupedGemmOp gemm) { return within(op, 2, rows(gemm.getX(), 1, /*more=*/1)); })
        .Case([&](ExpertCombineOp combine) {
          // Of a route only the place among its token's choices is looked at.
          return failure(failed(atLeast0(op, 1)) || failed(within(op, 2, rows(combine.getX()))));
        })
        .Case<AttentionOp, AttentionMaskOp, CausalConv1dOp, ChunkGatedDeltaRuleOp, DsaAttentionOp, DsaIndexerOp,
              GatedDeltaScanOp, ShiftTokensOp>([&](auto tokens) {
          Value starts = tokens.getStarts();
          unsigned operand = llvm::find(op->getOperands(), starts) - op->operand_begin();
          return within(op, operand, dims(starts, cast<ShapedType>(starts.getType()).getRank() - 1, 1));
        })
        .Default([](Operation *) { return success(); });
  }

private:
  /// The product of `count` dims of a value from `first` on, in axes of the entry; nothing in functions that are none,
  /// whose axes may be any of an entry.
  std::optional<SizePolynomial> dims(Value value, int64_t first, int64_t count) {
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
  /// The rows of a value, all its dims but the last, times `factor`, plus `more`.
  std::optional<SizePolynomial> rows(Value value, int64_t factor = 1, int64_t more = 0) {
    std::optional<SizePolynomial> product = dims(value, 0, cast<ShapedType>(value.getType()).getRank() - 1);
    if (!product || !product->multiply(SizePolynomial::constant(factor)) ||
        !product->add(SizePolynomial::constant(more)))
      return std::nullopt;
    return product;
  }

  LogicalResult within(Operation *op, unsigned operand, int64_t size) {
    return within(op, operand, SizePolynomial::constant(size));
  }
  LogicalResult within(Operation *op, unsigned operand, const std::optional<SizePolynomial> &bound) {
    for (BlockArgument input : origins.of(op->getOperand(operand))) {
      if (!bound)
        return op->emitOpError() << "takes operand " << operand << " for indices, but it is input '" << nameOf(input)
                                 << "'; a function that is no entry takes only indices that an op has made, or into "
                                    "what has a static size";
      if (failed(checkBound(op, operand, input, bound)))
        return failure();
    }
    return success();
  }
  LogicalResult atLeast0(Operation *op, unsigned operand) {
    for (BlockArgument input : origins.of(op->getOperand(operand)))
      if (failed(checkBound(op, operand, input, std::nullopt)))
        return failure();
    return success();
  }

  Origins &origins;
  ArrayRef<func::FuncOp> entries;
  ModuleAxes &axes;
};

} // namespace

LogicalResult lower::checkIndices(ArrayRef<func::FuncOp> functions, ArrayRef<func::FuncOp> entries, ModuleAxes &axes) {
  Origins origins(functions, entries);
  IndexCheck check(origins, entries, axes);
  bool good = true;
  for (func::FuncOp function : functions)
    for (Operation &op : function.getBody().front())
      good &= succeeded(check.check(&op));
  return success(good);
}
