// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks the functions from the entries down and writes for each way in which it is called what a rank runs.
#include "OpSharding.h"
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
  ModelSharder(ModuleOp module, MeshAttr mesh) : module(module), mesh(mesh) {}

  LogicalResult run();
  const Moves &moves() const { return made; }

private:
  /// Null after an error.
  const Instance *instantiate(func::FuncOp source, const Wishes &wishes, ArrayRef<Sharding> arguments);
  LogicalResult shardEntry(func::FuncOp entry);
  void replaceFunctions();

  friend class FunctionSharder;
  ModuleOp module;
  MeshAttr mesh;
  ModuleAxes axes;
  Moves made;
  std::map<std::string, std::unique_ptr<Instance>> instances;
  SmallVector<std::pair<func::FuncOp, func::FuncOp>> replaced; // source and what a rank runs in its place
};

/// Writes one function.
class FunctionSharder {
public:
  FunctionSharder(ModelSharder &model, func::FuncOp source, const FunctionAxes &axes, const Wishes &wishes,
                  func::FuncOp target)
      : model(model), source(source), axes(axes), wishes(wishes), target(target),
        builder(OpBuilder::atBlockEnd(&target.getBody().front())), resharder(builder, model.mesh, model.made) {}

  LogicalResult run(ArrayRef<Sharding> arguments, bool isEntry, SmallVectorImpl<Sharding> &results);

private:
  LogicalResult shard(Operation &op);
  LogicalResult shardRuled(Operation &op);
  LogicalResult shardCall(CallOp call);
  void shardReturn(func::ReturnOp ret, bool isEntry, SmallVectorImpl<Sharding> &results);
  /// The values of operands as they lie, and what they are of.
  Resharder::Request request(Value operand, Sharding to) { return {local.lookup(operand), std::move(to), operand}; }
  /// Notes the result of an op, and takes a rank's part of it where that is wished for.
  void note(Operation &op, Value whole, Value value, Sharding sharding);
  /// What may cross the border of a function: dims that have names.
  static Sharding namedDims(Value value, Sharding sharding);

  ModelSharder &model;
  func::FuncOp source;
  const FunctionAxes &axes;
  const Wishes &wishes;
  func::FuncOp target;
  OpBuilder builder;
  Resharder resharder;
  DenseMap<Value, LocalValue> local; // by value of the source
};

Sharding FunctionSharder::namedDims(Value value, Sharding sharding) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    for (auto [dim, axis] : llvm::enumerate(sharding))
      if (!type.isDynamicDim(dim))
        axis = {};
  return sharding;
}

void FunctionSharder::note(Operation &op, Value whole, Value value, Sharding sharding) {
  if (!isa<RankedTensorType>(whole.getType())) {
    local[whole] = {value, {}};
    return;
  }
  Sharding wished = wishedFor(whole, axes, wishes);
  for (auto [found, wish] : llvm::zip_equal(sharding, wished))
    if (found || llvm::is_contained(sharding, wish))
      wish = found;
  Value part = resharder.reshard(&op, {{value, std::move(sharding)}, wished, whole}, axes);
  local[whole] = {part, std::move(wished)};
}

LogicalResult FunctionSharder::shardRuled(Operation &op) {
  SmallVector<Sharding> operands =
      llvm::map_to_vector(op.getOperands(), [&](Value operand) { return local.lookup(operand).sharding; });
  FailureOr<OpSharding> sharding = shardOp(&op, operands, axes, wishes, model.mesh);
  if (failed(sharding))
    return failure();
  SmallVector<Resharder::Request> requests;
  for (auto [operand, to] : llvm::zip_equal(op.getOperands(), sharding->operands))
    requests.push_back(request(operand, to));
  IRMapping mapping;
  mapping.map(op.getOperands(), resharder.reshard(&op, requests, axes));
  Operation *clone = builder.clone(op, mapping);
  SmallVector<Resharder::Request> results;
  for (auto [result, made, to] : llvm::zip_equal(op.getResults(), clone->getResults(), sharding->results)) {
    made.setType(partType(result.getType(), to, model.mesh));
    // What an op has split in the place of another dim goes back to where its operands were.
    Sharding back = isa<RankedTensorType>(result.getType()) ? wishedFor(result, axes, wishes) : Sharding();
    for (auto [dim, axis] : llvm::enumerate(to))
      if (axis && !llvm::is_contained(back, axis) && cast<RankedTensorType>(result.getType()).isDynamicDim(dim))
        back[dim] = axis;
    results.push_back({{made, to}, std::move(back), result});
  }
  SmallVector<Value> moved = resharder.reshard(&op, results, axes);
  for (auto [request, value] : llvm::zip_equal(results, moved))
    local[request.whole] = {value, request.to};
  return success();
}

LogicalResult FunctionSharder::shardCall(CallOp call) {
  func::FuncOp callee = calledFunction(call);
  FailureOr<AxisBinding> binding = ModuleAxes::bind(call, axes);
  if (failed(binding))
    return failure();
  Wishes calleeWishes;
  for (const auto &[name, extent] : *binding)
    if (StringAttr own = extent.axis(); own && wishes.contains(own))
      calleeWishes.insert({name, wishes.lookup(own)});
  SmallVector<Sharding> arguments;
  SmallVector<Resharder::Request> requests;
  for (Value operand : call.getOperands()) {
    arguments.push_back(namedDims(operand, local.lookup(operand).sharding));
    requests.push_back(request(operand, arguments.back()));
  }
  SmallVector<Value> operands = resharder.reshard(call, requests, axes);
  const Instance *instance = model.instantiate(callee, calleeWishes, arguments);
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
    const Sharding &sharding = local.lookup(operand).sharding;
    requests.push_back(request(operand, isEntry ? Sharding(sharding.size()) : namedDims(operand, sharding)));
    results.push_back(requests.back().to);
  }
  func::ReturnOp::create(builder, ret.getLoc(), resharder.reshard(ret, requests, axes));
}

LogicalResult FunctionSharder::shard(Operation &op) {
  if (auto call = dyn_cast<CallOp>(op))
    return shardCall(call);
  if (isa<ShardingRuleOpInterface>(op))
    return shardRuled(op);
  // Parameters and whether an input was given: alike on all ranks. The latter asks for the input itself, not a part.
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
    if (!isa<CallOp, ShardingRuleOpInterface, InputGivenOp>(op) && op.getNumOperands() > 0 && !isa<ConcatParamsOp>(op))
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

const Instance *ModelSharder::instantiate(func::FuncOp source, const Wishes &wishes, ArrayRef<Sharding> arguments) {
  std::unique_ptr<Instance> &known = instances[keyOf(source, wishes, arguments)];
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
  if (failed(FunctionSharder(*this, source, **own, wishes, target).run(arguments, isEntry, instance->results)))
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
  for (const MeshRole &role : kMeshRoles)
    if (mesh.ranksAlong(role.meshAxis).value_or(1) > 1)
      wishes.insert({StringAttr::get(module.getContext(), role.modelAxis),
                     {StringAttr::get(module.getContext(), role.meshAxis), role.allTypes}});
  SmallVector<Sharding> whole;
  for (Type type : entry.getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    whole.emplace_back(tensor ? tensor.getRank() : 0);
  }
  return success(instantiate(entry, wishes, whole) != nullptr);
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

LogicalResult ModelSharder::run() {
  SmallVector<func::FuncOp> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      entries.push_back(function);
  for (func::FuncOp entry : entries)
    if (failed(shardEntry(entry)))
      return failure();
  replaceFunctions();
  // What was written must hold: local sizes, and parts that are gathered along the dims that have them.
  ModuleAxes check;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal() && failed(check.of(function)))
      return failure();
  return success();
}

class ShardModel : public impl::ShardModelBase<ShardModel> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    MeshAttr mesh = MeshAttr::of(module);
    bool sharded = module.walk([](CollectiveOpInterface) { return WalkResult::interrupt(); }).wasInterrupted();
    if (!mesh || sharded || llvm::all_of(mesh.getSizes(), [](int64_t size) { return size == 1; }))
      return markAllAnalysesPreserved();
    repeatHeads(module, mesh.ranksAlong("sp").value_or(1));
    ModelSharder sharder(module, mesh);
    if (failed(sharder.run()))
      return signalPassFailure();
    numMoved += sharder.moves().moved;
    numGathered += sharder.moves().gathered;
    numSliced += sharder.moves().sliced;
  }
};

} // namespace
} // namespace veomni::shard
