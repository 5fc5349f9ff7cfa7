// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What must hold for a whole run of an entry: symbols have values, and every body finds its weights.
#include "EntryVerifier.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace veomni::rt;

//===--- Signature ------------------------------------------------------------------------------------------------===//

static LogicalResult verifyArgument(FuncOp entry, unsigned index, StringRef what, StringRef name, BufferType type,
                                    Access access) {
  ArgumentAttr attr = entry.getArgumentAttr(index);
  if (entry.getArgumentType(index) != type)
    return entry.emitOpError() << "argument " << index << " is " << entry.getArgumentType(index) << ", but " << what
                               << " '" << name << "' is " << type;
  if (attr.getAccess() != access)
    return entry.emitOpError() << "argument " << index << ", " << what << " '" << name << "', has access "
                               << stringifyAccess(attr.getAccess()) << ", expected " << stringifyAccess(access);
  if (!attr.getName().empty() && attr.getName() != name)
    return entry.emitOpError() << "argument " << index << " is named '" << attr.getName().getValue() << "', expected "
                               << what << " '" << name << "'";
  return success();
}

static LogicalResult verifySignature(EntryOp entry, FuncOp function) {
  size_t inputs = llvm::range_size(entry.getInputs()), outputs = llvm::range_size(entry.getOutputs());
  if (function.getNumArguments() != inputs + outputs)
    return function.emitOpError() << "is run by entry '" << entry.getName() << "' and has "
                                  << function.getNumArguments() << " arguments, expected " << inputs << " inputs and "
                                  << outputs << " outputs";
  unsigned index = 0;
  for (InputOp input : entry.getInputs())
    if (failed(verifyArgument(function, index++, "input", input.getName(), input.getType(), Access::read)))
      return failure();
  for (OutputOp output : entry.getOutputs())
    if (failed(verifyArgument(function, index++, "output", output.getName(), output.getType(), Access::write)))
      return failure();
  return success();
}

//===--- Symbols --------------------------------------------------------------------------------------------------===//

namespace {
/// The symbols that have a value when an entry runs.
class KnownSymbols {
public:
  KnownSymbols(EntryOp entry, SymbolTableCollection &tables) : entry(entry), tables(tables) {
    for (InputOp input : entry.getInputs()) {
      if (input.getGiven())
        told.insert(input.getGivenAttr().getAttr());
      if (input.getDefaultValue() == InputDefault::required)
        for (Dim dim : input.getType().getDims())
          if (!dim.isConstant())
            told.insert(dim.symbol);
    }
  }

  /// While the callee of a dispatch to experts runs, its rows have been counted.
  void setCounted(StringAttr symbol) {
    counted = symbol;
    derived.clear();
  }
  StringAttr getCounted() const { return counted; }

  LogicalResult verify(Operation *op, ArrayRef<Dim> dims) {
    for (Dim dim : dims)
      if (!dim.isConstant() && !isKnown(dim.symbol, {}))
        return op->emitOpError() << "uses '" << dim.symbol.getValue() << "', which no input of entry '"
                                 << entry.getName() << "' tells"
                                 << (isCounted(dim.symbol) ? " and no dispatch to experts has counted here" : "");
    return success();
  }
  LogicalResult verify(Operation *op, ExtentAttr extent) {
    return verify(op, llvm::map_to_vector(extent.getSymbols(), [](StringAttr symbol) { return Dim(symbol); }));
  }
  /// All that an op of a function comes across.
  LogicalResult verify(Operation *op) {
    for (Value value : op->getResults())
      if (auto type = dyn_cast<BufferType>(value.getType()); type && failed(verify(op, type.getDims())))
        return failure();
    if (auto loop = dyn_cast<LoopOp>(op))
      return verify(op, loop.getCount().getValue());
    if (auto call = dyn_cast<LibraryCallOp>(op))
      for (auto extent : call.getScalars().getAsRange<ExtentAttr>())
        if (failed(verify(op, extent)))
          return failure();
    if (auto dispatch = dyn_cast<DispatchOp>(op))
      for (ArrayAttr extents : {dispatch.getWorkgroups(), dispatch.getScalars()})
        for (auto extent : extents.getAsRange<ExtentAttr>())
          if (failed(verify(op, extent)))
            return failure();
    return success();
  }

private:
  bool isCounted(StringAttr name) {
    auto symbol = tables.lookupNearestSymbolFrom<SymbolOp>(entry, name);
    return symbol && symbol.getKind() == SymbolKind::counted;
  }
  bool isKnown(StringAttr name, SymbolOp user) {
    auto symbol = tables.lookupNearestSymbolFrom<SymbolOp>(entry, name);
    // What is missing or defined too late is reported elsewhere.
    if (!symbol || symbol.getKind() == SymbolKind::loop || (user && !symbol->isBeforeInBlock(user)))
      return true;
    if (!symbol.getExtent())
      return told.contains(name) || name == counted;
    auto [known, isNew] = derived.try_emplace(name, true);
    if (isNew) {
      bool all =
          llvm::all_of(symbol.getExtent()->getSymbols(), [&](StringAttr factor) { return isKnown(factor, symbol); });
      derived[name] = all;
    }
    return derived[name];
  }

  EntryOp entry;
  SymbolTableCollection &tables;
  llvm::DenseSet<StringAttr> told;
  llvm::DenseMap<StringAttr, bool> derived;
  StringAttr counted;
};
} // namespace

//===--- Calls ----------------------------------------------------------------------------------------------------===//

namespace {
/// Walks the calls from the entry, with the window of weights that each body sees.
class CallWalk {
public:
  CallWalk(EntryOp entry, SymbolTableCollection &tables, SmallVector<WeightOp> weights)
      : tables(tables), symbols(entry, tables), weights(std::move(weights)) {}

  LogicalResult visit(FuncOp func, uint64_t base, unsigned depth);

private:
  // Deep enough for any module tree; a bound keeps a hostile program from exhausting the stack of whoever walks it.
  static constexpr unsigned maxDepth = 64;
  // Likewise for its time. The largest models make some ten thousand calls.
  static constexpr unsigned maxCalls = 1u << 22;

  LogicalResult visitCallee(Operation *call, FlatSymbolRefAttr name, uint64_t base, unsigned depth);
  LogicalResult visitParam(ParamOp param, uint64_t base);

  SymbolTableCollection &tables;
  KnownSymbols symbols;
  SmallVector<WeightOp> weights;
  unsigned calls = 0;
  llvm::DenseSet<Operation *> running;
  llvm::DenseSet<std::pair<Operation *, uint64_t>> done;
};
} // namespace

LogicalResult CallWalk::visitParam(ParamOp param, uint64_t base) {
  WeightOp weight = weights[base + param.getIndex()];
  if (weight.getType() == param.getType())
    return success();
  InFlightDiagnostic diagnostic = param.emitOpError()
                                  << "is " << param.getType() << ", but weight " << base + param.getIndex() << ", '"
                                  << weight.getName() << "', is " << weight.getType();
  diagnostic.attachNote(weight.getLoc()) << "the weight";
  return diagnostic;
}

LogicalResult CallWalk::visitCallee(Operation *call, FlatSymbolRefAttr name, uint64_t base, unsigned depth) {
  auto callee = tables.lookupNearestSymbolFrom<FuncOp>(call, name.getAttr());
  if (++calls > maxCalls)
    return call->emitOpError() << "is one of more than " << maxCalls
                               << " calls with windows of their own, expected fewer";
  // The call reports these itself.
  if (!callee || base + callee.getParamCount() > weights.size())
    return success();
  if (running.contains(callee))
    return call->emitOpError() << "runs " << name << ", which is still running; functions cannot call themselves";
  if (depth == maxDepth)
    return call->emitOpError() << "is nested in " << maxDepth << " calls, expected fewer";
  if (!callee.getBody().front().getOps<UseStateOp>().empty())
    return call->emitOpError() << "runs " << name << ", which names a state; callees are handed states as arguments";
  return visit(callee, base, depth + 1);
}

LogicalResult CallWalk::visit(FuncOp func, uint64_t base, unsigned depth) {
  if (!done.insert({func, base}).second)
    return success();
  running.insert(func);
  for (BlockArgument argument : func.getBody().getArguments())
    if (failed(symbols.verify(func, cast<BufferType>(argument.getType()).getDims())))
      return failure();
  for (Operation &op : func.getBody().front()) {
    LogicalResult result = symbols.verify(&op);
    if (failed(result))
      return failure();
    if (auto param = dyn_cast<ParamOp>(op)) {
      result = visitParam(param, base);
    } else if (auto call = dyn_cast<CallOp>(op)) {
      result = visitCallee(call, call.getCalleeAttr(), base + call.getParamBase(), depth);
    } else if (auto loop = dyn_cast<LoopOp>(op)) {
      Dim count = loop.getCount().getValue();
      uint64_t steps = !count.isConstant() || loop.getParamStride() == 0 ? 1 : count.value;
      for (uint64_t step = 0, first = base + loop.getParamBase(); step < steps && succeeded(result); ++step) {
        uint64_t window = first + step * loop.getParamStride();
        if (window > weights.size())
          break;
        result = visitCallee(loop, loop.getCalleeAttr(), window, depth);
      }
    } else if (auto dispatch = dyn_cast<ExpertDispatchOp>(op)) {
      if (symbols.getCounted())
        return dispatch.emitOpError() << "runs within another dispatch to experts";
      symbols.setCounted(dispatch.getSymbolAttr().getAttr());
      result = visitCallee(dispatch, dispatch.getCalleeAttr(), base + dispatch.getParamBase(), depth);
      symbols.setCounted({});
    }
    if (failed(result))
      return failure();
  }
  running.erase(func);
  return success();
}

LogicalResult veomni::rt::verifyEntry(EntryOp entry, SymbolTableCollection &tables) {
  auto function = tables.lookupNearestSymbolFrom<FuncOp>(entry, entry.getFunctionAttr().getAttr());
  if (!function)
    return entry.emitOpError() << "'" << entry.getName() << "' runs " << entry.getFunctionAttr()
                               << ", which is not a veomni_rt.func of this module";
  if (failed(verifySignature(entry, function)))
    return failure();
  auto weights = llvm::to_vector(entry->getBlock()->getOps<WeightOp>());
  if (entry.getParamBase() + function.getParamCount() > weights.size())
    return entry.emitOpError() << "'" << entry.getName() << "' begins at weight " << entry.getParamBase()
                               << " and its function has params(" << function.getParamCount() << "), but there are "
                               << weights.size() << " weights";
  KnownSymbols symbols(entry, tables);
  for (InputOp input : entry.getInputs())
    if (failed(symbols.verify(input, input.getType().getDims())) ||
        (input.getBelow() && failed(symbols.verify(input, *input.getBelow()))))
      return failure();
  return CallWalk(entry, tables, std::move(weights)).visit(function, entry.getParamBase(), 1);
}
