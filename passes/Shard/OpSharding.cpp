// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the shardings of operands to those of factors, and from these to what each value of the op must be.
#include "OpSharding.h"

using namespace mlir;

namespace veomni::shard {

static bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

Sharding wishedFor(Value value, const FunctionAxes &axes, const Wishes &wishes) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return {};
  Sharding sharding(type.getRank());
  for (unsigned dim = 0; dim < type.getRank(); ++dim) {
    StringAttr axis = axes.of(value, dim).axis();
    const auto *wish = axis ? wishes.find(axis) : wishes.end();
    if (wish != wishes.end() && (wish->second.allTypes || isFloat(value)) &&
        !llvm::is_contained(sharding, wish->second.meshAxis))
      sharding[dim] = wish->second.meshAxis;
  }
  return sharding;
}

namespace {

class Decision {
public:
  Decision(Operation *op, FactorRule rule, ArrayRef<Sharding> operands, const FunctionAxes &axes, const Wishes &wishes,
           MeshAttr mesh)
      : op(op), rule(std::move(rule)), operands(operands), axes(axes), wishes(wishes), mesh(mesh),
        axisOf(this->rule.factors.size()) {}

  FailureOr<OpSharding> run();

private:
  using Factors = SmallVector<unsigned>;

  /// The factor of a dim that is split when the dim is: the slowest one.
  static unsigned outer(const FactorRule::Dim &dim) { return dim.front(); }
  bool divides(unsigned factor, StringAttr axis) const {
    int64_t size = rule.factors[factor].size;
    return ShapedType::isDynamic(size) || size % *mesh.ranksAlong(axis) == 0;
  }
  bool passesThrough(unsigned factor) const { return rule.factors[factor].kind == FactorKind::PassThrough; }
  void takeFromOperands();
  void takeWishes();
  /// Splits another factor in the place of those that must be whole, or none.
  LogicalResult resolve(StringAttr axis, const Factors &whole);
  std::optional<unsigned> substitute(StringAttr axis, const Factors &whole) const;
  LogicalResult checkHeads(StringAttr axis);
  Sharding shardingOf(const FactorRule::Dims &dims) const;

  Operation *op;
  FactorRule rule;
  ArrayRef<Sharding> operands;
  const FunctionAxes &axes;
  const Wishes &wishes;
  MeshAttr mesh;
  SmallVector<StringAttr> axisOf; // of each factor
};

/// An axis of the mesh splits one factor that passes through, or any number that cannot stay split.
void Decision::takeFromOperands() {
  for (auto [dims, sharding] : llvm::zip_equal(rule.operands, operands))
    for (auto [dim, axis] : llvm::zip(dims, sharding)) {
      unsigned factor = axis ? outer(dim) : 0;
      if (!axis || axisOf[factor] || (dim.size() > 1 && !divides(factor, axis)))
        continue;
      bool taken = false;
      for (unsigned other = 0; other < axisOf.size(); ++other)
        taken |= axisOf[other] == axis && (passesThrough(factor) || passesThrough(other));
      if (!taken)
        axisOf[factor] = axis;
    }
}

/// Whoever makes a value that should be split makes its part, and takes parts of what it reads.
void Decision::takeWishes() {
  for (auto [dims, result] : llvm::zip_equal(rule.results, op->getResults())) {
    Sharding wished = wishedFor(result, axes, wishes);
    for (auto [dim, axis] : llvm::zip(dims, wished))
      if (axis && dim.size() == 1 && passesThrough(outer(dim)) && !llvm::is_contained(axisOf, axis))
        axisOf[outer(dim)] = axis;
  }
}

/// A factor that passes through, is not split yet, divides, leads a dim of every operand of which ranks have parts, and
/// of every result.
std::optional<unsigned> Decision::substitute(StringAttr axis, const Factors &whole) const {
  auto has = [](const FactorRule::Dims &dims, const Factors &factors) {
    return llvm::any_of(dims, [&](const FactorRule::Dim &dim) {
      return llvm::any_of(dim, [&](unsigned factor) { return llvm::is_contained(factors, factor); });
    });
  };
  auto leads = [](const FactorRule::Dims &dims, unsigned factor) {
    return llvm::any_of(dims, [&](const FactorRule::Dim &dim) { return outer(dim) == factor; });
  };
  for (auto [index, factor] : llvm::enumerate(rule.factors)) {
    if (!passesThrough(index) || axisOf[index] || ShapedType::isDynamic(factor.size) || factor.size < 1 ||
        !divides(index, axis))
      continue;
    bool good = true;
    for (auto [dims, sharding] : llvm::zip_equal(rule.operands, operands))
      good &= !has(dims, whole) || leads(dims, index) || !llvm::is_contained(sharding, axis);
    for (const FactorRule::Dims &dims : rule.results)
      good &= has(dims, whole) && leads(dims, index);
    if (good)
      return index;
  }
  return std::nullopt;
}

/// Of an op whose work is per head: running it whole on every rank would do the work of all ranks on each.
LogicalResult Decision::checkHeads(StringAttr axis) {
  if (!isa<AttentionOp, DsaAttentionOp, GatedDeltaScanOp, ChunkGatedDeltaRuleOp>(op))
    return success();
  auto heads = [&](unsigned operand) {
    return cast<RankedTensorType>(op->getOperand(operand).getType()).getDimSize(2);
  };
  const int64_t ranks = *mesh.ranksAlong(axis), queries = heads(0), keys = heads(1), values = heads(2);
  InFlightDiagnostic error = op->emitOpError() << "cannot split its heads over the " << ranks << " ranks of '"
                                               << axis.getValue() << "': it has " << queries << " query heads, " << keys
                                               << " key heads and " << values << " value heads";
  return error << "; expected a number of ranks that divides them, or of which the key heads are a part and which "
                  "divides the query heads";
}

LogicalResult Decision::resolve(StringAttr axis, const Factors &whole) {
  std::optional<unsigned> other = substitute(axis, whole);
  for (unsigned factor : whole)
    axisOf[factor] = {};
  if (other)
    axisOf[*other] = axis;
  return other ? success() : checkHeads(axis);
}

Sharding Decision::shardingOf(const FactorRule::Dims &dims) const {
  Sharding sharding;
  for (const FactorRule::Dim &dim : dims)
    sharding.push_back(axisOf[outer(dim)]);
  return sharding;
}

FailureOr<OpSharding> Decision::run() {
  takeFromOperands();
  takeWishes();
  llvm::MapVector<StringAttr, Factors> whole;
  for (auto [index, axis] : llvm::enumerate(axisOf))
    if (axis && !passesThrough(index))
      whole[axis].push_back(index);
  for (auto &[axis, factors] : whole)
    if (failed(resolve(axis, factors)))
      return failure();
  OpSharding sharding;
  for (const FactorRule::Dims &dims : rule.operands)
    sharding.operands.push_back(shardingOf(dims));
  for (const FactorRule::Dims &dims : rule.results)
    sharding.results.push_back(shardingOf(dims));
  return sharding;
}

} // namespace

FailureOr<OpSharding> shardOp(Operation *op, ArrayRef<Sharding> operands, const FunctionAxes &axes,
                              const Wishes &wishes, MeshAttr mesh) {
  FailureOr<FactorRule> rule = FactorRule::of(op);
  if (failed(rule))
    return op->emitOpError() << "has no sharding rule that says what becomes of parts of it";
  return Decision(op, std::move(*rule), operands, axes, wishes, mesh).run();
}

} // namespace veomni::shard
