// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks a function once, in order: the extents of an op's results follow from those of its operands by its factor
// rule.
#include "veomni/Analysis/Axes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace veomni;

func::FuncOp veomni::calledFunction(Operation *op) {
  return TypeSwitch<Operation *, func::FuncOp>(op)
      .Case<CallOp, ExpertsLoopOp, ExpertDispatchOp>(
          [](auto call) { return SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr()); })
      .Default(func::FuncOp());
}

static AxisExtent lookUp(const AxisBinding &binding, StringAttr axis) {
  if (auto known = binding.find(axis); known != binding.end())
    return known->second;
  auto [whole, meshAxis] = wholeOfAxis(axis);
  StringAttr name = whole ? lookUp(binding, whole).axis() : StringAttr();
  return name ? AxisExtent(partOfAxis(name, meshAxis)) : AxisExtent::unknown();
}

AxisExtent veomni::inCaller(const AxisExtent &extent, const AxisBinding &binding) {
  return extent.substitute([&](StringAttr axis) { return lookUp(binding, axis); });
}

ArrayRef<AxisExtent> FunctionAxes::of(Value value) const {
  auto known = extents_.find(value);
  return known == extents_.end() ? ArrayRef<AxisExtent>() : ArrayRef(known->second);
}

//===--- Ports ----------------------------------------------------------------------------------------------------===//

/// The names in an attribute `veomni.axes`; nothing if there is none.
static SmallVector<StringAttr> namesIn(Attribute attribute) {
  auto names = dyn_cast_or_null<ArrayAttr>(attribute);
  return names ? llvm::to_vector(names.getAsRange<StringAttr>()) : SmallVector<StringAttr>();
}

/// The extents of a port: static sizes, and the names for the dynamic dims.
static FailureOr<SmallVector<AxisExtent>> extentsOfPort(Type type, ArrayRef<StringAttr> names) {
  SmallVector<AxisExtent> extents;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return FailureOr<SmallVector<AxisExtent>>(extents);
  if (static_cast<int64_t>(names.size()) != static_cast<int64_t>(tensor.getNumDynamicDims()))
    return failure();
  size_t next = 0;
  for (int64_t size : tensor.getShape())
    extents.push_back(ShapedType::isDynamic(size) ? AxisExtent(names[next++]) : AxisExtent(size));
  return extents;
}

FailureOr<AxisBinding> ModuleAxes::bind(Operation *op, const FunctionAxes &caller) {
  func::FuncOp callee = calledFunction(op);
  AxisBinding binding;
  // The operand that gave each name its size, for the message.
  DenseMap<StringAttr, unsigned> source;
  auto bindName = [&](unsigned argument, StringAttr name, const AxisExtent &found) -> LogicalResult {
    auto [known, isNew] = binding.insert({name, found});
    if (isNew) {
      source[name] = argument;
    } else if (known->second != found) {
      return op->emitOpError() << "operand " << argument << " gives axis '" << name.getValue() << "' of "
                               << callee.getSymName() << " the size " << found.str() << ", expected "
                               << known->second.str() << " as operand " << source[name] << " does";
    }
    return success();
  };
  // What a part belongs to is known by name only: a callee that takes `seq@sp` knows `seq`, too.
  auto bindWholes = [&](unsigned argument, StringAttr name, AxisExtent found) -> LogicalResult {
    while (true) {
      auto [whole, meshAxis] = wholeOfAxis(name);
      if (!whole)
        return success();
      StringAttr axis = found.axis();
      auto [wholeFound, meshAxisFound] = axis ? wholeOfAxis(axis) : std::pair<StringAttr, StringRef>();
      if (!wholeFound || meshAxisFound != meshAxis)
        return op->emitOpError() << "operand " << argument << " gives axis '" << name.getValue() << "' of "
                                 << callee.getSymName() << " the size " << found.str() << ", which is no part over \""
                                 << meshAxis << "\"";
      name = whole, found = AxisExtent(wholeFound);
      if (failed(bindName(argument, name, found)))
        return failure();
    }
  };
  auto bindArgument = [&](unsigned argument, ArrayRef<AxisExtent> found) -> LogicalResult {
    auto type = dyn_cast<RankedTensorType>(callee.getArgumentTypes()[argument]);
    SmallVector<StringAttr> names = namesIn(callee.getArgAttr(argument, VeOmniDialect::kAxes));
    size_t next = 0;
    for (unsigned dim = 0; type && dim < type.getRank(); ++dim) {
      if (!type.isDynamicDim(dim))
        continue;
      StringAttr name = names[next++];
      if (failed(bindName(argument, name, found[dim])) || failed(bindWholes(argument, name, found[dim])))
        return failure();
    }
    return success();
  };
  if (auto loop = dyn_cast<ExpertsLoopOp>(op)) {
    AxisExtent rows(1);
    for (const AxisExtent &extent : caller.of(loop.getX()).drop_back())
      rows = rows * extent;
    if (failed(bindArgument(0, {rows, caller.of(loop.getX()).back()})))
      return failure();
    return binding;
  }
  if (auto dispatch = dyn_cast<ExpertDispatchOp>(op)) {
    if (failed(bindArgument(0, {AxisExtent::unknown(), caller.of(dispatch.getRows()).back()})))
      return failure();
    return binding;
  }
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    if (failed(bindArgument(index, caller.of(operand))))
      return failure();
  return binding;
}

//===--- One function ---------------------------------------------------------------------------------------------===//

/// Walks the ops of a function in order and gives the dims of their results extents.
class ModuleAxes::Inference {
public:
  Inference(ModuleAxes &module, func::FuncOp function, FunctionAxes &axes)
      : module(module), function(function), axes(axes) {}

  LogicalResult run();

private:
  LogicalResult readArguments();
  LogicalResult inferCall(CallOp call);
  LogicalResult inferRuled(ShardingRuleOpInterface op);
  LogicalResult inferCollective(CollectiveOpInterface op);
  LogicalResult inferOther(Operation *op);
  LogicalResult checkReturn(func::ReturnOp ret);

  ModuleAxes &module;
  func::FuncOp function;
  FunctionAxes &axes;
};

LogicalResult ModuleAxes::Inference::readArguments() {
  for (BlockArgument argument : function.getArguments()) {
    SmallVector<StringAttr> names = namesIn(function.getArgAttr(argument.getArgNumber(), VeOmniDialect::kAxes));
    FailureOr<SmallVector<AxisExtent>> extents = extentsOfPort(argument.getType(), names);
    if (failed(extents))
      return function.emitOpError() << "argument " << argument.getArgNumber() << " of type " << argument.getType()
                                    << " needs 'veomni.axes' for its dynamic dims";
    axes.extents_[argument] = std::move(*extents);
    for (StringAttr name : names)
      if (!llvm::is_contained(axes.axes_, name))
        axes.axes_.push_back(name);
  }
  return success();
}

LogicalResult ModuleAxes::Inference::inferCall(CallOp call) {
  func::FuncOp callee = calledFunction(call);
  FailureOr<const FunctionAxes *> inner = module.of(callee);
  if (failed(inner))
    return failure();
  FailureOr<AxisBinding> binding = bind(call, axes);
  if (failed(binding))
    return failure();
  for (auto [result, extents] : llvm::zip_equal(call.getResults(), (*inner)->results()))
    for (const AxisExtent &extent : extents)
      axes.extents_[result].push_back(inCaller(extent, *binding));
  for (const MadeAxis &made : (*inner)->made())
    axes.made_.push_back({made.name, inCaller(made.extent, *binding)});
  return success();
}

namespace {

/// What is known of the factors of one op, and the operand that each was first seen in.
class FactorExtents {
public:
  FactorExtents(Operation *op, const FactorRule &rule)
      : op(op), rule(rule), known(rule.factors.size()), origin(rule.factors.size()) {
    for (auto [extent, factor] : llvm::zip(known, rule.factors))
      if (!ShapedType::isDynamic(factor.size))
        extent = AxisExtent(factor.size);
  }

  /// Factors that are a dim of an operand by themselves, then the products.
  LogicalResult readOperands(const FunctionAxes &axes);
  /// The product of a dim's factors; nothing while one of them is unknown.
  std::optional<AxisExtent> product(const FactorRule::Dim &dim) const;
  std::optional<AxisExtent> &operator[](unsigned factor) { return known[factor]; }

private:
  LogicalResult expect(unsigned operand, unsigned dim, const AxisExtent &found, const AxisExtent &expected,
                       const Twine &like);

  Operation *op;
  const FactorRule &rule;
  SmallVector<std::optional<AxisExtent>> known;
  SmallVector<std::pair<unsigned, unsigned>> origin;
};

LogicalResult FactorExtents::expect(unsigned operand, unsigned dim, const AxisExtent &found, const AxisExtent &expected,
                                    const Twine &like) {
  if (found == expected)
    return success();
  return op->emitOpError() << "dim " << dim << " of operand " << operand << " is " << found.str() << ", expected "
                           << expected.str() << " as " << like.str();
}

std::optional<AxisExtent> FactorExtents::product(const FactorRule::Dim &dim) const {
  AxisExtent product(1);
  for (unsigned factor : dim) {
    if (!known[factor])
      return std::nullopt;
    product = product * *known[factor];
  }
  return product;
}

LogicalResult FactorExtents::readOperands(const FunctionAxes &axes) {
  auto forDims = [&](auto visit) -> LogicalResult {
    for (auto [operand, dims] : llvm::enumerate(rule.operands))
      for (auto [index, dim] : llvm::enumerate(dims))
        if (failed(visit(operand, index, dim, axes.of(op->getOperand(operand), index))))
          return failure();
    return success();
  };
  LogicalResult singles =
      forDims([&](unsigned operand, unsigned index, const FactorRule::Dim &dim, const AxisExtent &found) {
        if (dim.size() != 1)
          return success();
        std::optional<AxisExtent> &extent = known[dim.front()];
        if (!extent) {
          extent = found;
          origin[dim.front()] = {operand, index};
          return success();
        }
        auto [first, firstDim] = origin[dim.front()];
        return expect(operand, index, found, *extent,
                      "dim " + Twine(firstDim) + " of operand " + Twine(first) + " ('" +
                          rule.factors[dim.front()].name + "' of its rule)");
      });
  if (failed(singles))
    return failure();
  return forDims([&](unsigned operand, unsigned index, const FactorRule::Dim &dim, const AxisExtent &found) {
    if (dim.size() == 1)
      return success();
    std::optional<AxisExtent> expected = product(dim);
    return expected ? expect(operand, index, found, *expected, "the product of its factors") : success();
  });
}

} // namespace

LogicalResult ModuleAxes::Inference::inferRuled(ShardingRuleOpInterface op) {
  FailureOr<FactorRule> rule = FactorRule::of(op);
  if (failed(rule))
    return op->emitOpError() << "has a sharding rule that cannot be read: \"" << op.getShardingRule() << "\"";
  FactorExtents factors(op, *rule);
  if (failed(factors.readOperands(axes)))
    return failure();
  auto extentOf = [&](Value value, unsigned dim) { return axes.of(value, dim); };
  if (failed(op.verifyExtents(extentOf)))
    return failure();
  for (auto [index, factor] : llvm::enumerate(rule->factors)) {
    if (factor.kind != FactorKind::Made || factors[index])
      continue;
    std::optional<MadeAxis> made = op.getMadeAxis(factor.name.front(), extentOf);
    if (!made)
      continue;
    factors[index] = made->extent;
    axes.made_.push_back(std::move(*made));
  }
  for (auto [index, result] : llvm::enumerate(op->getResults())) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    for (unsigned dim = 0; type && dim < type.getRank(); ++dim) {
      if (!type.isDynamicDim(dim)) {
        axes.extents_[result].push_back(AxisExtent(type.getDimSize(dim)));
        continue;
      }
      std::optional<AxisExtent> extent = factors.product(rule->results[index][dim]);
      if (!extent)
        return op->emitOpError() << "the size of dim " << dim << " of result " << index << ", a " << type
                                 << ", does not follow from its operands";
      axes.extents_[result].push_back(*extent);
    }
  }
  return success();
}

/// Gathered dims must be parts over the axis of the mesh, and become what they are parts of.
LogicalResult ModuleAxes::Inference::inferCollective(CollectiveOpInterface op) {
  StringRef axis = op.getMeshAxisName();
  int64_t ranks = MeshAttr::of(op).ranksAlong(axis).value_or(1);
  for (auto [index, pair] : llvm::enumerate(llvm::zip_equal(op->getOperands(), op->getResults()))) {
    auto [from, to] = pair;
    SmallVector<AxisExtent> extents(axes.of(from));
    if (std::optional<unsigned> gathered = op.getGatheredDim()) {
      if (!extents[*gathered].whole(axis, ranks) && module.repair_ && module.repair_(op, extents))
        gathered = op.getGatheredDim();
      std::optional<AxisExtent> whole = extents[*gathered].whole(axis, ranks);
      if (!whole)
        return op->emitOpError() << "gathers dim " << *gathered << " of operand " << index << " over \"" << axis
                                 << "\", but that is " << extents[*gathered].str() << ", of which ranks have no parts";
      extents[*gathered] = *whole;
    }
    if (std::optional<unsigned> parted = op.getPartedDim()) {
      std::optional<AxisExtent> part = extents[*parted].part(axis, ranks);
      if (!part)
        return op->emitOpError() << "splits dim " << *parted << " of operand " << index << " over \"" << axis
                                 << "\", but that is " << extents[*parted].str() << ", which is no axis by itself";
      extents[*parted] = *part;
    }
    axes.extents_[to] = std::move(extents);
  }
  return success();
}

/// Ops without a rule make values of static shape, such as parameters.
LogicalResult ModuleAxes::Inference::inferOther(Operation *op) {
  for (auto [index, result] : llvm::enumerate(op->getResults())) {
    FailureOr<SmallVector<AxisExtent>> extents = extentsOfPort(result.getType(), {});
    if (failed(extents))
      return op->emitOpError() << "result " << index << " has dynamic dims without names: the op has no sharding rule";
    axes.extents_[result] = std::move(*extents);
  }
  return success();
}

/// Names that the results alone have are those of dims that the function's ops make; other dims keep the names that
/// they have.
LogicalResult ModuleAxes::Inference::checkReturn(func::ReturnOp ret) {
  SmallVector<MadeAxis> named;
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    ArrayRef<AxisExtent> found = axes.of(value);
    axes.results_.emplace_back(found);
    FailureOr<SmallVector<AxisExtent>> declared =
        extentsOfPort(value.getType(), namesIn(function.getResultAttr(index, VeOmniDialect::kAxes)));
    if (failed(declared))
      return function.emitOpError() << "result " << index << " of type " << value.getType()
                                    << " needs 'veomni.axes' for its dynamic dims";
    for (auto [dim, extents] : llvm::enumerate(llvm::zip_equal(found, *declared))) {
      auto &[extent, expected] = extents;
      StringAttr name = expected.axis();
      if (extent == expected)
        continue;
      const MadeAxis *same =
          name ? llvm::find_if(named, [&](const MadeAxis &made) { return made.name == name; }) : named.end();
      bool isMade = name && !extent.axis() && !llvm::is_contained(axes.axes_, name);
      if (!isMade || (same != named.end() && same->extent != extent))
        return ret.emitOpError() << "dim " << dim << " of operand " << index << " is " << extent.str() << ", expected "
                                 << (isMade ? same->extent.str() : expected.str()) << " as the function's results say";
      if (same == named.end())
        named.push_back({name.str(), extent});
    }
  }
  // The names that the function's author chose come first.
  llvm::append_range(named, axes.made_);
  axes.made_ = std::move(named);
  return success();
}

LogicalResult ModuleAxes::Inference::run() {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitOpError("must have a body of one block");
  if (failed(readArguments()))
    return failure();
  for (Operation &op : function.getBody().front()) {
    // What runs on some rows has its own axes, which must be right as well.
    if (isa<ExpertsLoopOp, ExpertDispatchOp>(op) && failed(module.of(calledFunction(&op))))
      return failure();
    LogicalResult inferred = TypeSwitch<Operation *, LogicalResult>(&op)
                                 .Case([&](CallOp call) { return inferCall(call); })
                                 .Case([&](func::ReturnOp ret) { return checkReturn(ret); })
                                 .Case([&](ShardingRuleOpInterface ruled) { return inferRuled(ruled); })
                                 .Case([&](CollectiveOpInterface moves) { return inferCollective(moves); })
                                 .Case([&](ExpertDispatchOp dispatch) {
                                   axes.extents_[dispatch] = llvm::to_vector(axes.of(dispatch.getRows()));
                                   return success();
                                 })
                                 .Default([&](Operation *other) { return inferOther(other); });
    if (failed(inferred))
      return failure();
  }
  return success();
}

FailureOr<const FunctionAxes *> ModuleAxes::of(func::FuncOp function) {
  if (auto known = known_.find(function); known != known_.end())
    return known->second.get();
  if (failed_.contains(function))
    return failure(); // said already
  if (!active_.insert(function).second)
    return function.emitOpError("calls itself");
  auto axes = std::make_unique<FunctionAxes>();
  LogicalResult inferred = Inference(*this, function, *axes).run();
  active_.erase(function);
  if (failed(inferred)) {
    failed_.insert(function);
    return failure();
  }
  return (known_[function] = std::move(axes)).get();
}
