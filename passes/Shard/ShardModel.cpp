// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks the functions from the entries down and writes for each way in which it is called what a rank runs.
#include "Dependence.h"
#include "OpSharding.h"
#include "ParameterPlan.h"
#include "Plan.h"
#include "RepeatHeads.h"

#include "veomni/Passes/Shard/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace veomni::shard {

#define GEN_PASS_DEF_SHARDMODEL
#include "veomni/Passes/Shard/Passes.h.inc"

namespace {

/// A function as ranks run it, for one way in which its arguments are split.
struct Instance {
  func::FuncOp function;
  SmallVector<Sharding> results;
};

class ModelSharder {
public:
  /// `roles`: the axes of the mesh that split axes of the model; `divisions`: those that divide parameters.
  ModelSharder(ModuleOp module, MeshAttr mesh, ArrayRef<MeshRole> roles, Divisions divisions, Moves &made)
      : module(module), mesh(mesh), roles(roles), divisions(std::move(divisions)),
        fromParameters(valuesFromParameters(module)), made(made) {}

  LogicalResult run();

private:
  /// The function for instances at `path` ("model.layers.0.", or nothing). Null after an error.
  const Instance *instantiate(func::FuncOp source, const std::string &path, const Wishes &wishes,
                              ArrayRef<Sharding> arguments);
  /// What tells instances whose parameters are divided differently apart.
  std::string divisionsBelow(func::FuncOp source, const std::string &path);
  LogicalResult shardEntry(func::FuncOp entry);
  void replaceFunctions();

  friend class FunctionSharder;
  ModuleOp module;
  MeshAttr mesh;
  ArrayRef<MeshRole> roles;
  Divisions divisions;
  DenseSet<Value> fromParameters;
  ModuleAxes axes;
  Moves &made;
  std::map<std::string, std::unique_ptr<Instance>> instances;
  SmallVector<std::pair<func::FuncOp, func::FuncOp>> replaced; // source and what a rank runs in its place
};

/// Writes one function.
class FunctionSharder {
public:
  FunctionSharder(ModelSharder &model, func::FuncOp source, const std::string &path, const FunctionAxes &axes,
                  const Wishes &wishes, func::FuncOp target)
      : model(model), source(source), path(path), axes(axes),
        surroundings{axes, wishes, model.fromParameters, model.mesh}, target(target),
        builder(OpBuilder::atBlockEnd(&target.getBody().front())), resharder(builder, model.mesh, model.made) {}

  LogicalResult run(ArrayRef<Sharding> arguments, bool isEntry, SmallVectorImpl<Sharding> &results);

private:
  LogicalResult shard(Operation &op);
  LogicalResult shardRuled(Operation &op);
  void shardParameter(ParamOp param);
  void shardCollective(CollectiveOpInterface op);
  LogicalResult shardCall(CallOp call);
  void shardReturn(func::ReturnOp ret, bool isEntry, SmallVectorImpl<Sharding> &results);
  /// The values of operands as they lie, and what they are of.
  Resharder::Request request(Value operand, Sharding to) { return {local.lookup(operand), std::move(to), operand}; }
  /// Notes the result of an op, and takes a rank's part of it where that is wished for.
  void note(Operation &op, Value whole, Value value, Sharding sharding);
  /// How a value crosses the border of a function: split along dims that have names, so that ports say it.
  Sharding atBorder(Value value) const;

  ModelSharder &model;
  func::FuncOp source;
  const std::string &path;
  const FunctionAxes &axes;
  Surroundings surroundings;
  func::FuncOp target;
  OpBuilder builder;
  Resharder resharder;
  DenseMap<Value, LocalValue> local; // by value of the source
};

Sharding FunctionSharder::atBorder(Value value) const {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return {};
  Sharding sharding = local.lookup(value).sharding;
  for (auto [dim, axis] : llvm::enumerate(sharding))
    if (!type.isDynamicDim(dim))
      axis = {};
  for (auto [found, wish] : llvm::zip_equal(sharding, wishedFor(value, surroundings)))
    if (!found && !llvm::is_contained(sharding, wish))
      found = wish;
  return sharding;
}

void FunctionSharder::note(Operation &op, Value whole, Value value, Sharding sharding) {
  if (!isa<RankedTensorType>(whole.getType())) {
    local[whole] = {value, {}};
    return;
  }
  Sharding wished = wishedFor(whole, surroundings);
  for (auto [found, wish] : llvm::zip_equal(sharding, wished))
    if (found || llvm::is_contained(sharding, wish))
      wish = found;
  Value part = resharder.reshard(&op, {{value, std::move(sharding)}, wished, whole}, axes);
  local[whole] = {part, std::move(wished)};
}

/// A linear layer whose bias is added by one of the ranks that have summands of its result: none of them does, and the
/// sum gets it.
static Value takeBias(Operation &clone) {
  auto linear = dyn_cast<LinearOp>(clone);
  Value bias = linear ? linear.getBias() : Value();
  if (bias)
    linear.getBiasMutable().clear();
  return bias;
}

LogicalResult FunctionSharder::shardRuled(Operation &op) {
  SmallVector<Sharding> operands =
      llvm::map_to_vector(op.getOperands(), [&](Value operand) { return local.lookup(operand).sharding; });
  FailureOr<OpSharding> sharding = shardOp(&op, operands, surroundings);
  if (failed(sharding))
    return failure();
  SmallVector<Resharder::Request> requests;
  for (auto [operand, to] : llvm::zip_equal(op.getOperands(), sharding->operands))
    requests.push_back(request(operand, to));
  IRMapping mapping;
  mapping.map(op.getOperands(), resharder.reshard(&op, requests, axes));
  Operation *clone = builder.clone(op, mapping);
  Value bias = sharding->summed.empty() ? Value() : takeBias(*clone);
  SmallVector<Resharder::Request> results;
  for (auto [result, made, to] : llvm::zip_equal(op.getResults(), clone->getResults(), sharding->results)) {
    made.setType(partType(result.getType(), to, model.mesh));
    // What an op has split in the place of another dim goes back to where its operands were.
    Sharding back = to;
    for (StringAttr axis : sharding->substituted)
      llvm::replace(back, axis, StringAttr());
    if (isa<RankedTensorType>(result.getType()))
      for (auto [found, wish] : llvm::zip_equal(back, wishedFor(result, surroundings)))
        if (!found && !llvm::is_contained(back, wish))
          found = wish;
    LocalValue value{made, to};
    for (StringAttr axis : sharding->summed)
      value = resharder.reduce(&op, value, axis, back, result, axes);
    if (bias)
      value.value = BinaryOp::create(builder, op.getLoc(), value.value.getType(), BinaryKind::Add, value.value, bias);
    results.push_back({value, std::move(back), result});
  }
  SmallVector<Value> moved = resharder.reshard(&op, results, axes);
  for (auto [request, value] : llvm::zip_equal(results, moved))
    local[request.whole] = {value, request.to};
  return success();
}

void FunctionSharder::shardParameter(ParamOp param) {
  auto type = cast<RankedTensorType>(param.getType());
  Sharding sharding(type.getRank());
  auto clone = cast<ParamOp>(builder.clone(*param));
  if (auto found = model.divisions.find(path + param.getName().str()); found != model.divisions.end()) {
    sharding[found->second.dim] = builder.getStringAttr(found->second.meshAxis);
    clone.getResult().setType(partType(type, found->second));
  }
  local[param.getResult()] = {clone, std::move(sharding)};
}

/// One over an axis of an earlier round: it works on parts along all dims that it does not move.
void FunctionSharder::shardCollective(CollectiveOpInterface op) {
  SmallVector<Resharder::Request> requests;
  for (Value operand : op->getOperands()) {
    Sharding kept = local.lookup(operand).sharding;
    for (std::optional<unsigned> dim : {op.getGatheredDim(), op.getPartedDim()})
      if (dim)
        kept[*dim] = {};
    requests.push_back(request(operand, std::move(kept)));
  }
  IRMapping mapping;
  mapping.map(op->getOperands(), resharder.reshard(op, requests, axes));
  Operation *clone = builder.clone(*op, mapping);
  for (auto [request, whole, value] : llvm::zip_equal(requests, op->getResults(), clone->getResults())) {
    value.setType(partType(whole.getType(), request.to, model.mesh));
    note(*op, whole, value, request.to);
  }
}

LogicalResult FunctionSharder::shardCall(CallOp call) {
  func::FuncOp callee = calledFunction(call);
  FailureOr<AxisBinding> binding = ModuleAxes::bind(call, axes);
  if (failed(binding))
    return failure();
  Wishes calleeWishes;
  for (const auto &[name, extent] : *binding)
    if (StringAttr own = extent.axis(); own && surroundings.wishes.contains(own))
      calleeWishes.insert({name, surroundings.wishes.lookup(own)});
  SmallVector<Sharding> arguments;
  SmallVector<Resharder::Request> requests;
  for (Value operand : call.getOperands()) {
    arguments.push_back(atBorder(operand));
    requests.push_back(request(operand, arguments.back()));
  }
  SmallVector<Value> operands = resharder.reshard(call, requests, axes);
  const Instance *instance = model.instantiate(callee, path + call.getPath().str() + ".", calleeWishes, arguments);
  if (!instance)
    return failure();
  func::FuncOp function = instance->function;
  auto made = CallOp::create(builder, call.getLoc(), function.getResultTypes(), function.getSymName(), call.getPath(),
                             operands);
  made->setDiscardableAttrs(call->getDiscardableAttrDictionary());
  for (auto [whole, value, sharding] : llvm::zip_equal(call.getResults(), made.getResults(), instance->results))
    note(*call, whole, value, sharding);
  return success();
}

void FunctionSharder::shardReturn(func::ReturnOp ret, bool isEntry, SmallVectorImpl<Sharding> &results) {
  SmallVector<Resharder::Request> requests;
  for (Value operand : ret.getOperands()) {
    requests.push_back(request(operand, isEntry ? Sharding(local.lookup(operand).sharding.size()) : atBorder(operand)));
    results.push_back(requests.back().to);
  }
  func::ReturnOp::create(builder, ret.getLoc(), resharder.reshard(ret, requests, axes));
}

LogicalResult FunctionSharder::shard(Operation &op) {
  if (auto call = dyn_cast<CallOp>(op))
    return shardCall(call);
  if (isa<ShardingRuleOpInterface>(op))
    return shardRuled(op);
  if (auto param = dyn_cast<ParamOp>(op)) {
    shardParameter(param);
    return success();
  }
  if (auto collective = dyn_cast<CollectiveOpInterface>(op)) {
    shardCollective(collective);
    return success();
  }
  // Alike on all ranks. Whether an input was given asks for the input itself, not for a part.
  IRMapping mapping;
  for (Value operand : op.getOperands()) {
    auto argument = dyn_cast<BlockArgument>(operand);
    mapping.map(operand, argument ? target.getArgument(argument.getArgNumber()) : local.lookup(operand).value);
  }
  Operation *clone = builder.clone(op, mapping);
  for (auto [whole, value] : llvm::zip_equal(op.getResults(), clone->getResults())) {
    auto type = dyn_cast<RankedTensorType>(whole.getType());
    local[whole] = {value, Sharding(type ? type.getRank() : 0)};
  }
  return success();
}

LogicalResult FunctionSharder::run(ArrayRef<Sharding> arguments, bool isEntry, SmallVectorImpl<Sharding> &results) {
  for (auto [from, to, sharding] : llvm::zip_equal(source.getArguments(), target.getArguments(), arguments))
    if (isEntry)
      note(*source, from, to, sharding);
    else
      local[from] = {to, sharding};
  for (Operation &op : source.getBody().front().without_terminator()) {
    if (!isa<CallOp, ShardingRuleOpInterface, CollectiveOpInterface, InputGivenOp>(op) && op.getNumOperands() > 0 &&
        !isa<ConcatParamsOp>(op))
      return op.emitOpError() << "has no sharding rule that says what becomes of parts of it";
    if (failed(shard(op)))
      return failure();
  }
  shardReturn(cast<func::ReturnOp>(source.getBody().front().getTerminator()), isEntry, results);
  return success();
}

/// The names of a port's axes on a rank: `seq` of which it has a part is `seq@sp`.
static ArrayAttr partAxes(Attribute names, Type type, const Sharding &sharding) {
  auto array = dyn_cast_or_null<ArrayAttr>(names);
  if (!array)
    return array;
  SmallVector<Attribute> parts;
  for (auto [dim, axis] : llvm::enumerate(sharding)) {
    if (!cast<RankedTensorType>(type).isDynamicDim(dim))
      continue;
    auto name = cast<StringAttr>(array[parts.size()]);
    parts.push_back(axis ? partOfAxis(name, axis) : name);
  }
  return ArrayAttr::get(array.getContext(), parts);
}

static std::string keyOf(func::FuncOp source, const Wishes &wishes, ArrayRef<Sharding> arguments) {
  std::string key = source.getSymName().str();
  for (const auto &[name, wish] : wishes)
    key += "\n" + name.str() + ":" + wish.meshAxis.str();
  for (const Sharding &sharding : arguments) {
    key += "\n";
    for (StringAttr axis : sharding)
      key += (axis ? axis.getValue() : StringRef()).str() + ",";
  }
  return key;
}

std::string ModelSharder::divisionsBelow(func::FuncOp source, const std::string &path) {
  std::string text;
  if (divisions.empty())
    return text;
  for (Operation &op : source.getOps()) {
    if (auto param = dyn_cast<ParamOp>(op)) {
      auto found = divisions.find(path + param.getName().str());
      text += found == divisions.end() ? "-" : found->second.meshAxis + std::to_string(found->second.dim);
    } else if (auto call = dyn_cast<CallOp>(op)) {
      text += "(" + divisionsBelow(calledFunction(call), path + call.getPath().str() + ".") + ")";
    }
  }
  return text;
}

const Instance *ModelSharder::instantiate(func::FuncOp source, const std::string &path, const Wishes &wishes,
                                          ArrayRef<Sharding> arguments) {
  std::unique_ptr<Instance> &known = instances[keyOf(source, wishes, arguments) + "\n" + divisionsBelow(source, path)];
  if (known)
    return known.get();
  FailureOr<const FunctionAxes *> own = axes.of(source);
  if (failed(own))
    return nullptr;
  auto instance = std::make_unique<Instance>();
  OpBuilder builder(source);
  func::FuncOp target =
      func::FuncOp::create(builder, source.getLoc(), (source.getSymName() + "$rank" + Twine(instances.size())).str(),
                           source.getFunctionType());
  target->setAttrs(source->getAttrDictionary());
  target.setSymName((source.getSymName() + "$rank" + Twine(instances.size())).str());
  Block *body = target.addEntryBlock();
  for (auto [from, to] : llvm::zip_equal(source.getArguments(), body->getArguments()))
    to.setLoc(from.getLoc());
  instance->function = target;
  const bool isEntry = source.isPublic();
  if (failed(FunctionSharder(*this, source, path, **own, wishes, target).run(arguments, isEntry, instance->results)))
    return nullptr;
  for (auto [index, sharding] : llvm::enumerate(arguments))
    if (ArrayAttr names =
            partAxes(source.getArgAttr(index, VeOmniDialect::kAxes), source.getArgumentTypes()[index], sharding))
      target.setArgAttr(index, VeOmniDialect::kAxes, names);
  for (auto [index, sharding] : llvm::enumerate(instance->results))
    if (ArrayAttr names =
            partAxes(source.getResultAttr(index, VeOmniDialect::kAxes), source.getResultTypes()[index], sharding))
      target.setResultAttr(index, VeOmniDialect::kAxes, names);
  replaced.emplace_back(source, target);
  return (known = std::move(instance)).get();
}

LogicalResult ModelSharder::shardEntry(func::FuncOp entry) {
  Wishes wishes;
  for (const MeshRole &role : roles) {
    StringAttr axis = StringAttr::get(module.getContext(), role.modelAxis);
    if (!role.partOver.empty())
      axis = partOfAxis(axis, role.partOver);
    wishes.insert({axis, {StringAttr::get(module.getContext(), role.meshAxis), role.allTypes, role.withoutParameters}});
  }
  SmallVector<Sharding> whole;
  for (Type type : entry.getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    whole.emplace_back(tensor ? tensor.getRank() : 0);
  }
  return success(instantiate(entry, "", wishes, whole) != nullptr);
}

/// A function that is called in one way only keeps its name.
void ModelSharder::replaceFunctions() {
  llvm::SmallPtrSet<Operation *, 16> sources;
  for (auto [source, target] : replaced)
    sources.insert(source);
  SymbolTable symbols(module);
  llvm::DenseMap<Operation *, std::string> names;
  for (auto [source, target] : replaced)
    names.try_emplace(source, source.getSymName());
  // The bodies of loops over experts run on rows, whichever rank has them, and stay as they are.
  for (Operation *source : sources)
    symbols.erase(source);
  for (auto [source, target] : replaced) {
    StringRef wanted = names[source];
    std::string name = wanted.str();
    for (unsigned number = 2; symbols.lookup(name); ++number)
      name = (wanted + "$" + Twine(number)).str();
    (void)symbols.rename(target, name);
  }
}

/// Whether functions fit together: each has a body, none calls itself, sizes agree.
static LogicalResult checkAxes(ModuleOp module) {
  ModuleAxes axes;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal() && failed(axes.of(function)))
      return failure();
  return success();
}

LogicalResult ModelSharder::run() {
  SmallVector<func::FuncOp> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      entries.push_back(function);
  for (func::FuncOp entry : entries)
    if (failed(shardEntry(entry)))
      return failure();
  replaceFunctions();
  divideWeights(module, divisions);
  return checkAxes(module); // local sizes, and parts that are gathered along the dims that have them
}

class ShardModel : public impl::ShardModelBase<ShardModel> {
public:
  using ShardModelBase::ShardModelBase;

private:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    MeshAttr mesh = MeshAttr::of(module);
    bool sharded = module.walk([](CollectiveOpInterface) { return WalkResult::interrupt(); }).wasInterrupted();
    if (!mesh || sharded || llvm::all_of(mesh.getSizes(), [](int64_t size) { return size == 1; }))
      return markAllAnalysesPreserved();
    Moves made;
    if (failed(shard(module, mesh, made)))
      return signalPassFailure();
    numMoved += made.moved;
    numGathered += made.gathered;
    numSliced += made.sliced;
    numSummed += made.summed;
  }

  LogicalResult shard(ModuleOp module, MeshAttr mesh, Moves &made) {
    if (failed(checkAxes(module)))
      return failure();
    PlanFile file;
    if (!plan.empty()) {
      llvm::Expected<PlanFile> read = readPlanFile(plan);
      if (!read)
        return module.emitError() << llvm::toString(read.takeError());
      file = std::move(*read);
    }
    FailureOr<Divisions> divisions = planParameters(module, mesh, file.parameters);
    if (failed(divisions))
      return failure();
    const int64_t sequence = mesh.ranksAlong(kSequenceAxis).value_or(1),
                  tensor = mesh.ranksAlong(kTensorAxis).value_or(1);
    auto run = [&](ArrayRef<MeshRole> roles) {
      return ModelSharder(module, mesh, roles, std::exchange(*divisions, Divisions()), made).run();
    };
    // Both split heads. First come those that parameters make; each rank's are split once more, as a model's own.
    if (sequence > 1 && tensor > 1) {
      repeatHeads(module, tensor);
      if (failed(run({})))
        return failure();
    }
    repeatHeads(module, sequence > 1 ? sequence : tensor);
    // An axis of the model is split by one axis of the mesh at a time; what is a part then may be split by another.
    SmallVector<MeshRole> roles, later;
    llvm::StringMap<StringRef> splitBy;
    for (MeshRole role : kMeshRoles) {
      if (mesh.ranksAlong(role.meshAxis).value_or(1) == 1 || (role.meshAxis == kTensorAxis && sequence > 1))
        continue;
      auto [known, isFirst] = splitBy.try_emplace(role.modelAxis, role.meshAxis);
      if (isFirst)
        roles.push_back(role);
      else
        later.push_back({role.meshAxis, role.modelAxis, role.allTypes, role.withoutParameters, known->second});
    }
    if (failed(run(roles)))
      return failure();
    return later.empty() ? success() : run(later);
  }
};

} // namespace
} // namespace veomni::shard
