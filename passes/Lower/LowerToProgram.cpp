// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `lower`: the module tree becomes a program of dispatches, one function per method.
#include "CheckIndices.h"
#include "ProgramBuilder.h"
#include "Weights.h"

#include "veomni/Passes/Lower/Passes.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace veomni::lower {

#define GEN_PASS_DEF_LOWERTOPROGRAM
#include "veomni/Passes/Lower/Passes.h.inc"

namespace {

class LowerToProgram : public impl::LowerToProgramBase<LowerToProgram> {
  void runOnOperation() override;

  FailureOr<SmallVector<func::FuncOp>> findEntries();
  /// Functions that an entry reaches, callees first; fails on recursion.
  LogicalResult orderFunctions(func::FuncOp function);
  LogicalResult resolveFlags();
  /// Symbols of the inputs, once for all entries.
  void declareSymbols(func::FuncOp entry);
  void declareEntry(func::FuncOp entry, rt::FuncOp lowered, unsigned paramBase);
  LogicalResult declareHeader(ModuleOp header, ArrayRef<func::FuncOp> entries, ArrayRef<rt::FuncOp> lowered);

  ProgramBuilder *program = nullptr; // of the run in progress
  llvm::SetVector<func::FuncOp> ordered;
  llvm::SetVector<Operation *> active;
  llvm::StringSet<> axisNames;
};

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

/// Whether a value can be a buffer: its sizes are numbers that one can calculate with, gaps between rows included.
static LogicalResult checkType(Operation *op, Type type) {
  constexpr int64_t mostElements = int64_t(1) << 40; // a buffer has at most 2^48, see BufferType
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return success();
  if (rt::BufferType::getElementBytes(tensor.getElementType()) == 0)
    return op->emitOpError() << "has a value of type " << type << ", whose elements no buffer can hold";
  int64_t elements = 1;
  for (int64_t size : tensor.getShape())
    if (!ShapedType::isDynamic(size) &&
        (llvm::MulOverflow(elements, std::max<int64_t>(size, 1), elements) || elements > mostElements))
      return op->emitOpError() << "has a value of type " << type << ", whose sizes multiply to more than 2^40 elements";
  return success();
}

/// Ops of other dialects have neither kernels nor rules that say what becomes of their dims, and buffers have limits.
static LogicalResult checkBody(func::FuncOp function) {
  bool good = true;
  for (Type type : function.getArgumentTypes())
    good &= succeeded(checkType(function, type));
  for (Operation &op : function.getBody().front()) {
    if (!isa<VeOmniDialect, func::FuncDialect>(op.getDialect())) {
      op.emitOpError("has no kernel in this program; raise or decompose it first");
      good = false;
    }
    for (Type type : op.getResultTypes())
      good &= succeeded(checkType(&op, type));
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
    if (func::FuncOp callee = Windows::CallSite::of(&op).callee; callee && failed(orderFunctions(callee)))
      return failure();
  active.remove(function);
  ordered.insert(function);
  return checkBody(function);
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
        program->flags[Windows::CallSite::of(&op).callee.getArgument(1)] = program->expertSymbol().getSymNameAttr();
      auto call = dyn_cast<CallOp>(op);
      for (unsigned i = 0; call && i < call.getNumOperands(); ++i) {
        if (!call.getOperand(i).getType().isInteger(1))
          continue;
        StringAttr flag = program->flags.lookup(call.getOperand(i));
        StringAttr &argument = program->flags[Windows::CallSite::of(&op).callee.getArgument(i)];
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
  // Two of one name could not be told apart; and what a rank has a part of is no matter of its caller.
  auto checkPorts = [&](StringRef what, unsigned count, function_ref<Attribute(unsigned, StringRef)> attribute) {
    llvm::StringMap<unsigned> seen;
    for (unsigned index = 0; index < count; ++index) {
      if (auto name = dyn_cast_or_null<StringAttr>(attribute(index, VeOmniDialect::kName)))
        if (auto [first, isNew] = seen.try_emplace(name.getValue(), index); !isNew) {
          good = false;
          entry.emitOpError() << what << " " << index << " has the name of " << what << " " << first->second << ", '"
                              << name.getValue() << "'";
        }
      if (auto axes = dyn_cast_or_null<ArrayAttr>(attribute(index, VeOmniDialect::kAxes)))
        for (auto axis : axes.getAsRange<StringAttr>())
          if (wholeOfAxis(axis).first) {
            good = false;
            entry.emitOpError() << what << " " << index << " has axis '" << axis.getValue()
                                << "', a part; inputs and outputs are whole on every rank";
          }
    }
  };
  checkPorts("argument", entry.getNumArguments(),
             [&](unsigned i, StringRef name) { return entry.getArgAttr(i, name); });
  checkPorts("result", entry.getNumResults(), [&](unsigned i, StringRef name) { return entry.getResultAttr(i, name); });
  return success(good);
}

void LowerToProgram::declareSymbols(func::FuncOp entry) {
  OpBuilder &builder = program->header;
  for (BlockArgument argument : entry.getArguments())
    if (auto names = entry.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), VeOmniDialect::kAxes))
      for (auto name : names.getAsRange<StringAttr>())
        if (axisNames.insert(name).second) // a text may have no places for images
          rt::SymbolOp::createAxis(builder, entry.getLoc(), name,
                                   entry.getArgAttr(argument.getArgNumber(), VeOmniDialect::kRowsOf) ? 0 : 1);
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
    auto rowsOf = entry.getArgAttrOfType<DictionaryAttr>(i, VeOmniDialect::kRowsOf);
    int64_t low = range ? range[0] : below ? 0 : std::numeric_limits<int64_t>::min();
    int64_t high = range ? range[1] : std::numeric_limits<int64_t>::max();
    rt::InputOp::create(body, entry.getLoc(), lowered.getArgumentAttr(i).getName(),
                        TypeAttr::get(lowered.getArgumentType(i)), rt::InputDefaultAttr::get(&getContext(), kind),
                        entry.getArgAttr(i, VeOmniDialect::kCuSeqlens) ? body.getUnitAttr() : UnitAttr(), flags[i],
                        body.getI64IntegerAttr(low), body.getI64IntegerAttr(high), below,
                        entry.getArgAttrOfType<IntegerAttr>(i, VeOmniDialect::kIgnored),
                        rowsOf ? rowsOf.getAs<StringAttr>("input") : StringAttr(),
                        rowsOf ? rowsOf.getAs<IntegerAttr>("value") : IntegerAttr());
  }
  for (unsigned i = inputs; i < lowered.getNumArguments(); ++i)
    rt::OutputOp::create(body, entry.getLoc(), lowered.getArgumentAttr(i).getName(), lowered.getArgumentType(i));
}

/// Axes come first in the header, ahead of the symbols that lowering derived from them; then entries, then weights.
LogicalResult LowerToProgram::declareHeader(ModuleOp header, ArrayRef<func::FuncOp> entries,
                                            ArrayRef<rt::FuncOp> lowered) {
  program->header.setInsertionPointToStart(header.getBody());
  if (MeshAttr mesh = MeshAttr::of(getOperation()))
    for (auto [axis, size, redivides] : llvm::zip_equal(mesh.getAxes(), mesh.getSizes(), mesh.getRedividing()))
      rt::MeshAxisOp::create(program->header, getOperation().getLoc(), axis, size, redivides);
  for (func::FuncOp entry : entries)
    declareSymbols(entry);
  program->header.setInsertionPointToEnd(header.getBody());
  WeightTable weights(getOperation(), *program);
  SmallVector<unsigned> windows;
  bool declaredAll = true;
  for (func::FuncOp entry : entries) {
    FailureOr<unsigned> window = weights.declareWindow(entry);
    declaredAll &= succeeded(window);
    windows.push_back(window.value_or(0));
  }
  if (failed(weights.checkWeights()) || !declaredAll)
    return failure();
  if (auto weightOps = header.getBody()->getOps<rt::WeightOp>(); !weightOps.empty())
    program->header.setInsertionPoint(*weightOps.begin());
  for (auto [entry, function, window] : llvm::zip_equal(entries, lowered, windows))
    declareEntry(entry, function, window);
  return success();
}

void LowerToProgram::runOnOperation() {
  ModuleOp module = getOperation();
  ordered.clear(), active.clear(), axisNames.clear();
  FailureOr<SmallVector<func::FuncOp>> entries = findEntries();
  if (failed(entries))
    return signalPassFailure();
  for (func::FuncOp entry : *entries)
    if (failed(orderFunctions(entry)))
      return signalPassFailure();
  FailureOr<codegen::ChosenTarget> target = codegen::targetOf(module);
  if (failed(target))
    return signalPassFailure();
  ProgramBuilder builderOfRun(module, *target);
  program = &builderOfRun;
  for (func::FuncOp function : ordered)
    program->windows.find(function);

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
  if (failed(declareHeader(header, *entries, lowered)))
    return signalPassFailure();

  if (auto metadata = module->getAttr(VeOmniDialect::kMetadata))
    module->setAttr(rt::ProgramDialect::getMetadataAttrName(), metadata);
  module->removeAttr(VeOmniDialect::kMetadata);
  module->removeAttr(VeOmniDialect::kMesh);
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
