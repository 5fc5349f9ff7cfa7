// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Splits one op along a factor of its rule.
#include "Split.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace veomni::test {

int64_t axisSize(StringRef name) {
  static const std::map<std::string, int64_t> sizes = {
      {"batch", 2}, {"seq", 6}, {"tokens", 6}, {"routes", 12}, {"keys", 8}};
  auto known = sizes.find(name.str());
  return known == sizes.end() ? 4 : known->second;
}

namespace {

llvm::Error problem(const Twine &message) { return llvm::createStringError(message); }

class Follower {
public:
  Follower(Split &split) : split(split) {}

  llvm::Error run(Operation *op, unsigned factor);

private:
  /// Splits an op along a factor of its rule, and marks the values that have it. `within` says which part of the factor
  /// is split, such as the heads of one group where the op sees all heads as one dim.
  llvm::Error splitOp(Operation *op, const FactorRule &rule, unsigned factor, const Pattern &within = {});
  /// What is computed out of partial results alone and in proportion to them is partial as well.
  llvm::Error followPartial();
  llvm::Error mark(Value value, Pattern pattern);
  /// Carries the mark of a value on to the op that makes it and to those that use it.
  llvm::Error visit(Operation *op, Value value, Pattern pattern);

  Split &split;
  llvm::DenseMap<Operation *, unsigned> factors; // by op
  SmallVector<std::pair<Value, Pattern>> worklist;
  /// Values that are summands, or candidates for the greatest, in each part.
  llvm::DenseMap<Value, FactorKind> partial;
};

/// Where a factor lies in a dim; sizes of dynamic dims come from the axes of arguments, and a dynamic dim is one
/// factor.
Pattern patternOf(const FactorRule &rule, const FactorRule::Dim &dim, unsigned index, unsigned factor) {
  Pattern pattern{index, 1, rule.factors[factor].size, 1};
  bool before = true;
  for (unsigned other : dim) {
    if (other == factor)
      before = false;
    else
      (before ? pattern.outer : pattern.inner) *= rule.factors[other].size;
  }
  return pattern;
}

llvm::Error Follower::mark(Value value, Pattern pattern) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()); function && !function.isPublic())
      return problem("an argument of an expert would be split");
  auto [known, isNew] = split.values.try_emplace(value, pattern);
  if (!isNew && known->second != pattern)
    return problem("one value would be split along two dims");
  if (isNew)
    worklist.push_back({value, pattern});
  return llvm::Error::success();
}

llvm::Error Follower::splitOp(Operation *op, const FactorRule &rule, unsigned factor, const Pattern &within) {
  auto [known, isNew] = factors.try_emplace(op, factor);
  if (!isNew)
    return known->second == factor ? llvm::Error::success() : problem("one op would be split along two factors");
  FactorKind kind = rule.factors[factor].kind;
  if (kind == FactorKind::Whole || kind == FactorKind::Made)
    return problem(op->getName().getStringRef() + " needs '" + rule.factors[factor].name + "' whole");
  auto markDims = [&](const FactorRule::Dims &dims, Value value) -> llvm::Error {
    for (auto [index, dim] : llvm::enumerate(dims))
      if (llvm::is_contained(dim, factor)) {
        Pattern pattern = patternOf(rule, dim, index, factor);
        bool isPart = within.outer != 1 || within.inner != 1;
        return mark(value, {pattern.dim, pattern.outer * within.outer, isPart ? within.size : pattern.size,
                            pattern.inner * within.inner});
      }
    return llvm::Error::success();
  };
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    if (llvm::Error failed = markDims(rule.operands[index], operand))
      return failed;
    if (kind != FactorKind::Sum || !rule.addedOnce[index])
      continue;
    auto param = operand.getDefiningOp<ParamOp>();
    if (auto select = operand.getDefiningOp<SelectExpertOp>())
      param = select.getStack().getDefiningOp<ParamOp>();
    if (!param)
      return problem("an operand that is added once is no parameter");
    split.addedOnce[param.getName().str()] = true;
  }
  for (auto [dims, result] : llvm::zip_equal(rule.results, op->getResults())) {
    if (llvm::Error failed = markDims(dims, result))
      return failed;
    if (kind != FactorKind::PassThrough)
      partial[result] = kind;
  }
  for (const FactorRule::ParameterDim &parameter : rule.parameters) {
    if (parameter.factor != factor)
      continue;
    split.ofExperts = true;
    split.parameters[parameter.parameter] = {parameter.dim, 1, rule.factors[factor].size, 1};
  }
  return llvm::Error::success();
}

llvm::Error Follower::visit(Operation *op, Value value, Pattern pattern) {
  if (auto param = dyn_cast<ParamOp>(op)) {
    split.parameters[param.getName().str()] = pattern;
    return llvm::Error::success();
  }
  if (isa<func::ReturnOp, InputGivenOp>(op))
    return llvm::Error::success();
  FailureOr<FactorRule> rule = FactorRule::of(op);
  if (failed(rule))
    return problem(op->getName().getStringRef() + " has no rule");
  auto follow = [&](const FactorRule::Dims &dims, Value own) -> llvm::Error {
    if (own != value)
      return llvm::Error::success();
    for (unsigned factor : dims[pattern.dim]) {
      Pattern found = patternOf(*rule, dims[pattern.dim], pattern.dim, factor);
      if (found.outer == pattern.outer && found.inner == pattern.inner)
        return splitOp(op, *rule, factor);
    }
    if (dims[pattern.dim].size() == 1)
      return splitOp(op, *rule, dims[pattern.dim].front(), pattern);
    return problem(op->getName().getStringRef() + " has no factor for the split dim");
  };
  for (auto [dims, operand] : llvm::zip_equal(rule->operands, op->getOperands()))
    if (llvm::Error failed = follow(dims, operand))
      return failed;
  for (auto [dims, result] : llvm::zip_equal(rule->results, op->getResults()))
    if (llvm::Error failed = follow(dims, result))
      return failed;
  return llvm::Error::success();
}

llvm::Error Follower::followPartial() {
  SmallVector<Value> values = llvm::map_to_vector(partial, [](const auto &entry) { return entry.first; });
  while (!values.empty()) {
    Value value = values.pop_back_val();
    for (Operation *user : value.getUsers()) {
      if (isa<func::ReturnOp>(user))
        continue;
      auto reduce = dyn_cast<ReduceOp>(user);
      if (!reduce || reduce.getKind() != ReduceKind::Sum || partial[value] != FactorKind::Sum)
        return problem("what is partial goes on to " + user->getName().getStringRef());
      partial[reduce.getResult()] = FactorKind::Sum;
      values.push_back(reduce.getResult());
    }
  }
  return llvm::Error::success();
}

llvm::Error Follower::run(Operation *op, unsigned factor) {
  if (llvm::Error failed = splitOp(op, *FactorRule::of(op), factor))
    return failed;
  while (!worklist.empty()) {
    auto [value, pattern] = worklist.pop_back_val();
    if (Operation *maker = value.getDefiningOp())
      if (llvm::Error failed = visit(maker, value, pattern))
        return failed;
    for (Operation *user : value.getUsers())
      if (llvm::Error failed = visit(user, value, pattern))
        return failed;
  }
  func::FuncOp entry;
  for (auto function : op->getParentOfType<ModuleOp>().getOps<func::FuncOp>())
    if (function.isPublic())
      entry = function;
  // A function of one expert is linear in what its parts give, if nothing but its end is partial.
  FactorKind ofCallee = FactorKind::Whole;
  if (auto function = op->getParentOfType<func::FuncOp>(); function != entry)
    for (Value value : function.getBody().front().getTerminator()->getOperands()) {
      if (partial.contains(value))
        ofCallee = partial[value];
      if (split.values.contains(value))
        return problem("the result of an expert would be split");
    }
  if (llvm::Error failed = followPartial())
    return failed;
  for (Value value : entry.getBody().front().getTerminator()->getOperands()) {
    if (partial.contains(value))
      split.results.push_back(partial[value]);
    else if (split.values.contains(value))
      split.results.push_back(FactorKind::PassThrough);
    else
      split.results.push_back(ofCallee);
  }
  return llvm::Error::success();
}

} // namespace

llvm::Expected<Split> followFactor(Operation *op, unsigned factor, int64_t parts) {
  Split split;
  split.parts = parts;
  if (llvm::Error failed = Follower(split).run(op, factor))
    return failed;
  return split;
}

void narrow(ModuleOp copy, const IRMapping &mapping, const Split &split) {
  auto narrowed = [&](Type type, const Pattern &pattern) -> Type {
    auto tensor = cast<RankedTensorType>(type);
    SmallVector<int64_t> shape(tensor.getShape());
    if (ShapedType::isDynamic(shape[pattern.dim]))
      return tensor;
    shape[pattern.dim] /= split.parts;
    return RankedTensorType::get(shape, tensor.getElementType());
  };
  for (const auto &[value, pattern] : split.values) {
    Value own = mapping.lookup(value);
    own.setType(narrowed(own.getType(), pattern));
  }
  copy.walk([&](ParamOp param) {
    auto known = split.parameters.find(param.getName().str());
    if (known != split.parameters.end() && split.ofExperts)
      param->getResult(0).setType(narrowed(param.getType(), known->second));
  });
  // The checkpoint of a part holds its part of the parameters, each under its own name.
  for (auto weight : llvm::make_early_inc_range(copy.getOps<WeightOp>())) {
    auto known = split.parameters.find(weight.getName().str());
    if (known == split.parameters.end())
      continue;
    auto type = cast<RankedTensorType>(narrowed(weight.getType(), known->second));
    std::string text,
        dims = llvm::join(llvm::map_range(type.getShape(), [](int64_t size) { return std::to_string(size); }), ", ");
    llvm::raw_string_ostream(text) << "veomni.weight \"" << weight.getName() << "\" : " << type << " = [load(\""
                                   << weight.getName() << "\", [" << dims << "], " << type.getElementType() << ")]";
    OwningOpRef<ModuleOp> parsed = parseSourceString<ModuleOp>(text, copy.getContext());
    (*parsed->getOps<WeightOp>().begin())->moveBefore(weight);
    weight.erase();
  }
  copy.walk([&](ExpertsLoopOp loop) {
    if (!split.ofExperts)
      return;
    loop.setNumExperts(loop.getNumExperts() / split.parts);
    if (auto argument = dyn_cast<BlockArgument>(loop.getExperts()))
      loop->getParentOfType<func::FuncOp>().setArgAttr(
          argument.getArgNumber(), VeOmniDialect::kRange,
          DenseI64ArrayAttr::get(copy.getContext(), {0, static_cast<int64_t>(loop.getNumExperts()) - 1}));
  });
  for (auto function : copy.getOps<func::FuncOp>()) {
    Block &body = function.getBody().front();
    SmallVector<Type> arguments(body.getArgumentTypes()), results(body.getTerminator()->getOperandTypes());
    function.setFunctionType(FunctionType::get(copy.getContext(), arguments, results));
  }
}

} // namespace veomni::test
