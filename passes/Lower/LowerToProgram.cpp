// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `lower`: the module tree becomes a program of dispatches, one function per method.
#include "CheckIndices.h"
#include "FunctionLowering.h"

#include "veomni/Passes/Lower/Passes.h"
#include "veomni/runtime/NearestName.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <tuple>

using namespace mlir;

namespace veomni::lower {

#define GEN_PASS_DEF_LOWERTOPROGRAM
#include "veomni/Passes/Lower/Passes.h.inc"

namespace {

/// A weight as functions ask for it: the full names of its parameters, its type, and whether it is in panels.
using ParamKey = std::tuple<std::string, Type, bool>;

class LowerToProgram : public impl::LowerToProgramBase<LowerToProgram> {
  void runOnOperation() override;

  FailureOr<SmallVector<func::FuncOp>> findEntries();
  /// Functions that an entry reaches, callees first; fails on recursion.
  LogicalResult orderFunctions(func::FuncOp function);
  void findWindow(func::FuncOp function);
  LogicalResult resolveFlags();
  /// Symbols of the inputs, once for all entries.
  void declareSymbols(func::FuncOp entry);
  void declareEntry(func::FuncOp entry, rt::FuncOp lowered, unsigned paramBase);
  /// Where the window of an entry begins in the table of weights; what of it is not there yet is appended.
  FailureOr<unsigned> declareWindow(func::FuncOp entry);
  void listParams(func::FuncOp function, const Twine &path, SmallVectorImpl<ParamKey> &keys);
  LogicalResult declareWeights(func::FuncOp function, const Twine &path);
  LogicalResult checkWeights();

  ProgramBuilder *program = nullptr; // of the run in progress
  llvm::SetVector<func::FuncOp> ordered;
  llvm::SetVector<Operation *> active;
  llvm::StringMap<WeightOp> weights;
  llvm::StringSet<> weightNames, axisNames;
  SmallVector<ParamKey> declared; // the table of weights so far
  llvm::DenseSet<Operation *> readWeights;
  std::vector<std::pair<std::string, ParamOp>> missing; // parameters without a weight, by full name
};

/// A function that `op` runs, and the path of the instance it runs on; null for other ops.
ProgramBuilder::CallSite callSite(Operation *op) {
  auto call = dyn_cast<CallOp>(op); // a loop runs on the same instance
  return {call ? call.getPathAttr() : StringAttr::get(op->getContext(), ""), calledFunction(op)};
}

FailureOr<SmallVector<func::FuncOp>> LowerToProgram::findEntries() {
  SmallVector<func::FuncOp> entries;
  for (auto function : getOperation().getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      entries.push_back(function);
  if (!entries.empty())
    return entries;
  if (!getOperation().getOps<rt::FuncOp>().empty())
    getOperation().emitError()
        << "phase lower expects a model (veomni), which phase import writes, found a program (veomni_rt): it is "
           "lowered already";
  else
    getOperation().emitError() << "expected a public function with a body, an entry, found none";
  return failure();
}

/// Ops of other dialects have neither kernels nor rules that say what becomes of their dims.
static LogicalResult checkDialects(func::FuncOp function) {
  bool good = true;
  for (Operation &op : function.getBody().front())
    if (!isa<VeOmniDialect, func::FuncDialect>(op.getDialect())) {
      op.emitOpError("has no kernel in this program; raise or decompose it first");
      good = false;
    }
  return success(good);
}

LogicalResult LowerToProgram::orderFunctions(func::FuncOp function) {
  if (ordered.contains(function))
    return success();
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitOpError("must have a body of one block");
  if (!active.insert(function))
    return function.emitOpError("calls itself");
  for (Operation &op : function.getBody().front())
    if (func::FuncOp callee = callSite(&op).callee; callee && failed(orderFunctions(callee)))
      return failure();
  active.remove(function);
  ordered.insert(function);
  return checkDialects(function);
}

/// Whether the use reads a parameter as GEMM panels.
bool readsPanels(OpOperand &use) {
  if (auto linear = dyn_cast<LinearOp>(use.getOwner()))
    return linear.getWeight() == use.get();
  if (auto gemm = dyn_cast<GroupedGemmOp>(use.getOwner()))
    return gemm.getWeight() == use.get();
  if (auto loss = dyn_cast<LinearCrossEntropyOp>(use.getOwner()))
    return loss.getWeight() == use.get();
  auto select = dyn_cast<SelectExpertOp>(use.getOwner());
  return select && cast<ShapedType>(select.getType()).getRank() == 2;
}

/// Own parameters in order of their ops, once per layout, then the windows of the calls.
void LowerToProgram::findWindow(func::FuncOp function) {
  ProgramBuilder::Window &window = program->windows[function];
  llvm::DenseSet<std::pair<ArrayAttr, unsigned>> seen;
  for (Operation &op : function.getBody().front()) {
    ArrayAttr names = op.getNumResults() == 1 ? parameterNames(op.getResult(0)) : ArrayAttr();
    if (!names)
      continue;
    auto add = [&](bool panels) {
      if (seen.insert({names, panels}).second)
        window.own.push_back({names, cast<RankedTensorType>(op.getResult(0).getType()), panels, &op});
    };
    // Not in the order of uses, which text does not keep.
    auto concatenates = [](OpOperand &use) { return isa<ConcatParamsOp>(use.getOwner()); };
    if (llvm::any_of(op.getUses(), readsPanels))
      add(/*panels=*/true);
    if (!llvm::all_of(op.getUses(), [&](OpOperand &use) { return readsPanels(use) || concatenates(use); }))
      add(/*panels=*/false);
  }
  window.size = window.own.size();
  for (Operation &op : function.getBody().front()) {
    ProgramBuilder::CallSite site = callSite(&op);
    if (!site.callee)
      continue;
    window.calls.push_back(site);
    window.size += program->windows[site.callee].size;
  }
}

/// An i1 tells whether an optional input was given; it is one symbol of the program, whichever functions it passes
/// through.
LogicalResult LowerToProgram::resolveFlags() {
  DenseMap<StringAttr, StringAttr> givenFlags; // by the input's name, which entries share
  for (func::FuncOp function : llvm::reverse(ordered)) {
    for (Operation &op : function.getBody().front()) {
      if (auto given = dyn_cast<InputGivenOp>(op)) {
        auto argument = cast<BlockArgument>(given.getInput());
        auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), VeOmniDialect::kName);
        if (!name)
          name = StringAttr::get(&getContext(), "input");
        StringAttr &flag = givenFlags[name];
        if (!flag)
          flag = StringAttr::get(&getContext(), program->unique(("has_" + name.getValue()).str()));
        program->flags[given.getResult()] = flag;
      }
      if (auto loop = dyn_cast<ExpertsLoopOp>(op))
        program->flags[callSite(&op).callee.getArgument(1)] = program->expertSymbol().getSymNameAttr();
      auto call = dyn_cast<CallOp>(op);
      for (unsigned i = 0; call && i < call.getNumOperands(); ++i) {
        if (!call.getOperand(i).getType().isInteger(1))
          continue;
        StringAttr flag = program->flags.lookup(call.getOperand(i));
        StringAttr &argument = program->flags[callSite(&op).callee.getArgument(i)];
        if (!flag || (argument && argument != flag))
          return call.emitOpError() << "operand " << i
                                    << " must be one and the same veomni.input_given in every call of "
                                    << call.getCallee();
        argument = flag;
      }
    }
  }
  return success();
}

/// Arguments and results of the entry are the program's inputs and outputs: tensors, which its users find by name.
LogicalResult checkInterface(func::FuncOp entry) {
  bool good = true;
  auto check = [&](StringRef what, unsigned index, Type type, Attribute name) {
    auto error = [&] {
      good = false;
      return entry.emitOpError() << what << " " << index << " of type " << type << " ";
    };
    if (!isa<RankedTensorType>(type))
      error() << "must be a tensor in the entry";
    else if (!name || cast<StringAttr>(name).empty())
      error() << "needs '" << VeOmniDialect::kName << "', since users of the program find it by name";
  };
  for (auto [index, type] : llvm::enumerate(entry.getArgumentTypes())) {
    check("argument", index, type, entry.getArgAttr(index, VeOmniDialect::kName));
    if (Attribute below = entry.getArgAttr(index, VeOmniDialect::kBelow); below && !isa<rt::ExtentAttr>(below)) {
      good = false;
      entry.emitOpError() << "argument " << index << " has '" << VeOmniDialect::kBelow << "' " << below
                          << ", expected an extent over axes such as #veomni_rt.extent<seq>";
    }
  }
  for (auto [index, type] : llvm::enumerate(entry.getResultTypes()))
    check("result", index, type, entry.getResultAttr(index, VeOmniDialect::kName));
  return success(good);
}

void LowerToProgram::declareSymbols(func::FuncOp entry) {
  OpBuilder &builder = program->header;
  for (BlockArgument argument : entry.getArguments())
    if (auto names = entry.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), VeOmniDialect::kAxes))
      for (auto name : names.getAsRange<StringAttr>())
        if (axisNames.insert(name).second)
          rt::SymbolOp::createAxis(builder, entry.getLoc(), name, 1);
  for (auto given : entry.getOps<InputGivenOp>())
    if (StringAttr name = program->flags[given.getResult()]; axisNames.insert(name).second)
      rt::SymbolOp::createGiven(builder, given.getLoc(), name);
}

void LowerToProgram::declareEntry(func::FuncOp entry, rt::FuncOp lowered, unsigned paramBase) {
  unsigned inputs = entry.getNumArguments();
  SmallVector<FlatSymbolRefAttr> flags(inputs);
  for (auto given : entry.getOps<InputGivenOp>())
    flags[cast<BlockArgument>(given.getInput()).getArgNumber()] =
        FlatSymbolRefAttr::get(program->flags[given.getResult()]);
  auto op = rt::EntryOp::create(program->header, entry.getLoc(), entry.getSymName(), lowered, paramBase);
  OpBuilder body = OpBuilder::atBlockEnd(&op.getBody().front());
  for (unsigned i = 0; i < inputs; ++i) {
    auto defaultValue = entry.getArgAttrOfType<StringAttr>(i, VeOmniDialect::kDefault);
    auto range = entry.getArgAttrOfType<DenseI64ArrayAttr>(i, VeOmniDialect::kRange);
    rt::InputDefault kind = !defaultValue                       ? rt::InputDefault::required
                            : defaultValue.getValue() == "ones" ? rt::InputDefault::ones
                                                                : rt::InputDefault::iota;
    auto below = entry.getArgAttrOfType<rt::ExtentAttr>(i, VeOmniDialect::kBelow);
    int64_t low = range ? range[0] : below ? 0 : std::numeric_limits<int64_t>::min();
    int64_t high = range ? range[1] : std::numeric_limits<int64_t>::max();
    rt::InputOp::create(body, entry.getLoc(), lowered.getArgumentAttr(i).getName(),
                        TypeAttr::get(lowered.getArgumentType(i)), rt::InputDefaultAttr::get(&getContext(), kind),
                        entry.getArgAttr(i, VeOmniDialect::kCuSeqlens) ? body.getUnitAttr() : UnitAttr(), flags[i],
                        body.getI64IntegerAttr(low), body.getI64IntegerAttr(high), below);
  }
  for (unsigned i = inputs; i < lowered.getNumArguments(); ++i)
    rt::OutputOp::create(body, entry.getLoc(), lowered.getArgumentAttr(i).getName(), lowered.getArgumentType(i));
}

void LowerToProgram::listParams(func::FuncOp function, const Twine &path, SmallVectorImpl<ParamKey> &keys) {
  std::string base = path.str();
  const ProgramBuilder::Window &window = program->windows[function];
  for (const ProgramBuilder::Param &param : window.own) {
    std::string names;
    for (auto relative : param.names.getAsRange<StringAttr>())
      names += (base.empty() ? "" : base + ".") + relative.str() + "\n";
    keys.emplace_back(std::move(names), param.type, param.panels);
  }
  for (const ProgramBuilder::CallSite &site : window.calls)
    listParams(site.callee, llvm::join_items(base.empty() || site.path.empty() ? "" : ".", base, site.path.getValue()),
               keys);
}

FailureOr<unsigned> LowerToProgram::declareWindow(func::FuncOp entry) {
  // Entries of one model mostly want the same weights in the same order, and then share the table. Where they do not,
  // weights of equal recipes are still one in memory (WeightStore).
  SmallVector<ParamKey> keys;
  listParams(entry, "", keys);
  auto *known = std::search(declared.begin(), declared.end(), keys.begin(), keys.end());
  unsigned base = known - declared.begin();
  if (keys.empty() || known != declared.end())
    return keys.empty() ? 0 : base;
  llvm::append_range(declared, keys);
  if (failed(declareWeights(entry, "")))
    return failure();
  return base;
}

/// The parameters that an op of a window is, or puts one after the other.
SmallVector<ParamOp> paramsOf(Operation *op) {
  if (auto param = dyn_cast<ParamOp>(op))
    return {param};
  return llvm::map_to_vector(op->getOperands(), [](Value param) { return param.getDefiningOp<ParamOp>(); });
}

/// The weight of each parameter that `function` asks for on the instance at `path`, and of those that it calls. A
/// parameter without a `veomni.weight` is left out and kept for `checkWeights`.
LogicalResult LowerToProgram::declareWeights(func::FuncOp function, const Twine &path) {
  std::string base = path.str();
  const ProgramBuilder::Window &window = program->windows[function];
  bool good = true;
  for (const ProgramBuilder::Param &param : window.own) {
    // Parameters one after the other are one weight: `mlp.gate_proj.weight+up_proj.weight`.
    SmallVector<StepAttr> steps;
    std::string name;
    WeightOp weight;
    for (ParamOp asked : paramsOf(param.asked)) {
      std::string full = (base.empty() ? "" : base + ".") + asked.getName().str();
      weight = weights.lookup(full);
      if (!weight) {
        missing.emplace_back(full, asked);
        break;
      }
      readWeights.insert(weight);
      if (weight.getType() != asked.getType()) {
        InFlightDiagnostic error = asked.emitOpError() << "parameter \"" << full << "\" is used as " << asked.getType()
                                                       << ", but is " << weight.getType();
        error.attachNote(weight.getLoc()) << "the weight";
        good = false;
      }
      llvm::append_range(steps, weight.getRecipe().getSteps());
      name += name.empty() ? full : "+" + asked.getName().str();
    }
    if (!weight || !good)
      continue;
    if (param.names.size() > 1)
      steps.push_back(StepAttr::get(&getContext(), recipe::concat(uint32_t(param.names.size()), 0)));
    if (param.panels)
      steps.push_back(StepAttr::get(&getContext(), recipe::pack()));
    SmallVector<rt::Dim> dims = llvm::map_to_vector(param.type.getShape(), [](int64_t size) { return rt::Dim(size); });
    auto type = rt::BufferType::get(&getContext(), dims, param.type.getElementType(), 1, 0,
                                    param.panels ? rt::Layout::panels : rt::Layout::rows);
    // A tied table is read by rows and by panels: two weights of one parameter.
    std::string unique = name;
    for (unsigned copy = 2; !weightNames.insert(unique).second; ++copy)
      unique = name + "#" + std::to_string(copy);
    rt::WeightOp::create(program->header, weight.getLoc(), unique, type, RecipeAttr::get(&getContext(), steps));
  }
  for (const ProgramBuilder::CallSite &site : window.calls)
    if (std::string path = llvm::join_items(base.empty() || site.path.empty() ? "" : ".", base, site.path.getValue());
        failed(declareWeights(site.callee, path)))
      good = false;
  return success(good);
}

/// Parameters without a weight and weights without a parameter, together: they are often one slip in a name.
LogicalResult LowerToProgram::checkWeights() {
  std::vector<std::string> unread, unmade;
  for (auto weight : getOperation().getOps<WeightOp>())
    if (!readWeights.contains(weight))
      unread.push_back(weight.getName().str());
  for (const auto &[name, asked] : missing)
    unmade.push_back(name);
  auto offer = [](InFlightDiagnostic &error, const std::string &name, ArrayRef<std::string> others) {
    if (std::string nearest = nearestName(name, std::span(others.data(), others.size())); !nearest.empty())
      error << "; did you mean \"" << nearest << "\"?";
  };
  for (auto &[name, asked] : missing) {
    InFlightDiagnostic error = asked.emitOpError() << "parameter \"" << name << "\" has no veomni.weight";
    offer(error, name, unread);
  }
  for (const std::string &name : unread) {
    InFlightDiagnostic error = weights[name].emitOpError() << "\"" << name << "\" is no parameter that the model reads";
    offer(error, name, unmade);
  }
  return success(unread.empty() && missing.empty());
}

void LowerToProgram::runOnOperation() {
  ModuleOp module = getOperation();
  ordered.clear(), active.clear(), weights.clear(), weightNames.clear(), readWeights.clear(), missing.clear();
  axisNames.clear(), declared.clear();
  FailureOr<SmallVector<func::FuncOp>> entries = findEntries();
  if (failed(entries))
    return signalPassFailure();
  for (func::FuncOp entry : *entries)
    if (failed(orderFunctions(entry)))
      return signalPassFailure();
  ProgramBuilder builderOfRun(module);
  program = &builderOfRun;
  for (auto weight : module.getOps<WeightOp>())
    weights[weight.getName()] = weight;
  for (func::FuncOp function : ordered)
    findWindow(function);

  // The new sections go in front of what is there; the source is erased at the end.
  SmallVector<Operation *> source =
      llvm::map_to_vector(module.getBodyRegion().front(), [](Operation &op) { return &op; });
  Operation *marker = source.front();
  // Three insertion points that keep their order: functions before the source, kernels before functions, the header
  // before kernels.
  OpBuilder builder(marker);
  auto section = [&] { return ModuleOp::create(builder, module.getLoc()); };
  ModuleOp header = section(), kernels = section(), functions = section();
  program->header.setInsertionPointToEnd(header.getBody());
  program->kernels.setInsertionPointToEnd(kernels.getBody());
  program->functions.setInsertionPointToEnd(functions.getBody());

  // Axes of entries are symbols by their own names: equal names are equal sizes of whatever entry runs.
  SmallVector<AxisBinding> bindings;
  for (func::FuncOp entry : *entries) {
    FailureOr<const FunctionAxes *> axes = program->axes.of(entry);
    if (failed(axes))
      return signalPassFailure();
    AxisBinding &own = bindings.emplace_back();
    for (StringAttr axis : (*axes)->axes()) {
      program->reserveAxis(axis);
      own.insert({axis, AxisExtent(axis)});
    }
  }
  if (failed(checkIndices(ordered.getArrayRef(), *entries, program->axes)))
    return signalPassFailure();
  for (func::FuncOp function : ordered)
    program->reserveFunction(function.getSymNameAttr());
  if (failed(resolveFlags()))
    return signalPassFailure();
  SmallVector<rt::FuncOp> lowered;
  for (auto [entry, own] : llvm::zip_equal(*entries, bindings)) {
    ProgramBuilder::Instance *instance = program->instantiate(entry, own, /*ofExpert=*/false, /*isEntry=*/true);
    lowered.push_back(instance ? instance->lowered : rt::FuncOp());
  }
  for (func::FuncOp entry : *entries)
    program->failedAny = program->failedAny || failed(checkInterface(entry));
  if (program->failedAny)
    return signalPassFailure();
  // Axes come first in the header, ahead of the symbols that lowering derived from them; then entries, then weights.
  program->header.setInsertionPointToStart(header.getBody());
  for (func::FuncOp entry : *entries)
    declareSymbols(entry);
  program->header.setInsertionPointToEnd(header.getBody());
  SmallVector<unsigned> windows;
  bool declaredAll = true;
  for (func::FuncOp entry : *entries) {
    FailureOr<unsigned> window = declareWindow(entry);
    declaredAll &= succeeded(window);
    windows.push_back(window.value_or(0));
  }
  if (failed(checkWeights()) || !declaredAll)
    return signalPassFailure();
  if (auto weightOps = header.getBody()->getOps<rt::WeightOp>(); !weightOps.empty())
    program->header.setInsertionPoint(*weightOps.begin());
  for (auto [entry, function, window] : llvm::zip_equal(*entries, lowered, windows))
    declareEntry(entry, function, window);

  if (auto metadata = module->getAttr(VeOmniDialect::kMetadata))
    module->setAttr(rt::ProgramDialect::getMetadataAttrName(), metadata);
  module->removeAttr(VeOmniDialect::kMetadata);
  for (Operation *op : llvm::reverse(source))
    op->erase();
  for (ModuleOp part : {header, kernels, functions}) {
    Block *body = part.getBody();
    module.getBody()->getOperations().splice(part->getIterator(), body->getOperations());
    part->erase();
  }
}

} // namespace
} // namespace veomni::lower
