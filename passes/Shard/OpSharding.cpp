// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the shardings of operands to those of factors, and from these to what each value of the op must be.
#include "OpSharding.h"

using namespace mlir;

namespace veomni::shard {

static bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

Sharding wishedFor(Value value, const Surroundings &surroundings) {
  const Wishes &wishes = surroundings.wishes;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return {};
  Sharding sharding(type.getRank());
  for (unsigned dim = 0; dim < type.getRank(); ++dim) {
    StringAttr axis = surroundings.axes.of(value, dim).axis();
    const auto *wish = axis ? wishes.find(axis) : wishes.end();
    if (wish != wishes.end() && (wish->second.allTypes || isFloat(value)) &&
        (wish->second.withoutParameters || surroundings.fromParameters.contains(value)) &&
        !llvm::is_contained(sharding, wish->second.meshAxis))
      sharding[dim] = wish->second.meshAxis;
  }
  return sharding;
}

namespace {

class Decision {
public:
  Decision(Operation *op, FactorRule rule, ArrayRef<Sharding> operands, const Surroundings &surroundings)
      : op(op), rule(std::move(rule)), operands(operands), surroundings(surroundings), mesh(surroundings.mesh),
        axisOf(this->rule.factors.size()), ofParameter(this->rule.factors.size()) {}

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
  /// Whether ranks have summands of the results: they have parts of a parameter along what is summed over. Parts of
  /// other values are gathered instead, so that sums keep the order, and the bits, of the unsharded model.
  bool isSummed(unsigned factor) const { return rule.factors[factor].kind == FactorKind::Sum && ofParameter[factor]; }
  void takeFrom(bool parameters);
  void takeWishes();
  /// Splits another factor in the place of those that must be whole, or none.
  LogicalResult resolve(StringAttr axis, const Factors &whole);
  std::optional<unsigned> substitute(StringAttr axis, const Factors &whole) const;
  LogicalResult checkHeads(StringAttr axis);
  LogicalResult checkParameters(const OpSharding &sharding);
  Sharding shardingOf(const FactorRule::Dims &dims) const;

  Operation *op;
  FactorRule rule;
  ArrayRef<Sharding> operands;
  const Surroundings &surroundings;
  MeshAttr mesh;
  SmallVector<StringAttr> axisOf;   // of each factor
  llvm::SmallBitVector ofParameter; // factors that parameters are split along
  SmallVector<StringAttr> substituted;
};

/// An axis of the mesh splits one factor that passes through, or any number that cannot stay split. Parameters come
/// first, since they lie where they are.
void Decision::takeFrom(bool parameters) {
  for (auto [operand, dims, sharding] : llvm::zip_equal(op->getOperands(), rule.operands, operands)) {
    if (bool(operand.getDefiningOp<ParamOp>()) != parameters)
      continue;
    for (auto [dim, axis] : llvm::zip(dims, sharding)) {
      unsigned factor = axis ? outer(dim) : 0;
      if (!axis || axisOf[factor] || (dim.size() > 1 && !divides(factor, axis)))
        continue;
      bool taken = false;
      for (unsigned other = 0; other < axisOf.size(); ++other)
        taken |= axisOf[other] == axis && (passesThrough(factor) || passesThrough(other) || ofParameter[other]);
      if (taken)
        continue;
      axisOf[factor] = axis;
      if (parameters)
        ofParameter.set(factor);
    }
  }
}

/// Whoever makes a value that should be split makes its part, and takes parts of what it reads.
void Decision::takeWishes() {
  for (auto [dims, result] : llvm::zip_equal(rule.results, op->getResults())) {
    Sharding wished = wishedFor(result, surroundings);
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
  if (!other)
    return checkHeads(axis);
  axisOf[*other] = axis;
  substituted.push_back(axis);
  return success();
}

LogicalResult Decision::checkParameters(const OpSharding &sharding) {
  for (auto [operand, has, needs] : llvm::zip_equal(op->getOperands(), operands, sharding.operands))
    if (auto param = operand.getDefiningOp<ParamOp>(); param && !isWhole(has) && has != needs)
      return op->emitOpError() << "needs all of parameter \"" << param.getName()
                               << "\", of which the plan gives each rank a part";
  return success();
}

Sharding Decision::shardingOf(const FactorRule::Dims &dims) const {
  Sharding sharding;
  for (const FactorRule::Dim &dim : dims)
    sharding.push_back(axisOf[outer(dim)]);
  return sharding;
}

FailureOr<OpSharding> Decision::run() {
  takeFrom(/*parameters=*/true);
  takeFrom(/*parameters=*/false);
  llvm::MapVector<StringAttr, Factors> whole;
  for (auto [index, axis] : llvm::enumerate(axisOf))
    if (axis && !passesThrough(index) && !isSummed(index))
      whole[axis].push_back(index);
  for (auto &[axis, factors] : whole)
    if (failed(resolve(axis, factors)))
      return failure();
  takeWishes();
  OpSharding sharding;
  for (const FactorRule::Dims &dims : rule.operands)
    sharding.operands.push_back(shardingOf(dims));
  for (const FactorRule::Dims &dims : rule.results)
    sharding.results.push_back(shardingOf(dims));
  sharding.substituted = substituted;
  for (auto [index, axis] : llvm::enumerate(axisOf))
    if (axis && isSummed(index))
      sharding.summed.push_back(axis);
  if (failed(checkParameters(sharding)))
    return failure();
  // A linear layer's bias is added to the sum (ShardModel); every rank would add what others add.
  if (!sharding.summed.empty() && rule.addedOnce.any() && !isa<LinearOp>(op))
    return op->emitOpError() << "cannot give the ranks of '" << sharding.summed.front().getValue()
                             << "' summands: it adds an operand that one of them alone may add";
  return sharding;
}

} // namespace

FailureOr<OpSharding> shardOp(Operation *op, ArrayRef<Sharding> operands, const Surroundings &surroundings) {
  FailureOr<FactorRule> rule = FactorRule::of(op);
  if (failed(rule))
    return op->emitOpError() << "has no sharding rule that says what becomes of parts of it";
  return Decision(op, std::move(*rule), operands, surroundings).run();
}

} // namespace veomni::shard
