// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EntryVerifier.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace veomni::rt;

//===--- Signature ---------------------------------------------------------------------------------------------------------------===//

static LogicalResult verifyArgument(FuncOp entry, unsigned index, StringRef what, StringRef name, BufferType type, Access access) {
  ArgumentAttr attr = entry.getArgumentAttr(index);
  if (entry.getArgumentType(index) != type)
    return entry.emitOpError() << "argument " << index << " is " << entry.getArgumentType(index) << ", but " << what << " '" << name
                               << "' is " << type;
  if (attr.getAccess() != access)
    return entry.emitOpError() << "argument " << index << ", " << what << " '" << name << "', has access "
                               << stringifyAccess(attr.getAccess()) << ", expected " << stringifyAccess(access);
  if (!attr.getName().empty() && attr.getName() != name)
    return entry.emitOpError() << "argument " << index << " is named '" << attr.getName().getValue() << "', expected " << what << " '"
                               << name << "'";
  return success();
}

static LogicalResult verifySignature(FuncOp entry) {
  auto inputs = llvm::to_vector(entry->getBlock()->getOps<InputOp>());
  auto outputs = llvm::to_vector(entry->getBlock()->getOps<OutputOp>());
  if (entry.getNumArguments() != inputs.size() + outputs.size())
    return entry.emitOpError() << "is the entry and has " << entry.getNumArguments() << " arguments, expected " << inputs.size()
                               << " inputs and " << outputs.size() << " outputs";
  unsigned index = 0;
  for (InputOp input : inputs)
    if (failed(verifyArgument(entry, index++, "input", input.getName(), input.getType(), Access::read)))
      return failure();
  for (OutputOp output : outputs)
    if (failed(verifyArgument(entry, index++, "output", output.getName(), output.getType(), Access::write)))
      return failure();
  return success();
}

//===--- Calls -------------------------------------------------------------------------------------------------------------------===//

namespace {
/// Walks the calls from the entry, with the window of weights that each body sees.
class CallWalk {
public:
  CallWalk(SymbolTableCollection &tables, SmallVector<WeightOp> weights) : tables(tables), weights(std::move(weights)) {}

  LogicalResult visit(FuncOp func, uint64_t base, unsigned depth);

private:
  // Deep enough for any module tree; a bound keeps a hostile program from exhausting the stack of whoever walks it.
  static constexpr unsigned maxDepth = 64;
  // Likewise for its time. The largest models make some ten thousand calls.
  static constexpr unsigned maxCalls = 1u << 22;

  LogicalResult visitCallee(Operation *call, FlatSymbolRefAttr name, uint64_t base, unsigned depth);
  LogicalResult visitParam(ParamOp param, uint64_t base);

  SymbolTableCollection &tables;
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
  InFlightDiagnostic diagnostic = param.emitOpError() << "is " << param.getType() << ", but weight " << base + param.getIndex() << ", '"
                                                      << weight.getName() << "', is " << weight.getType();
  diagnostic.attachNote(weight.getLoc()) << "the weight";
  return diagnostic;
}

LogicalResult CallWalk::visitCallee(Operation *call, FlatSymbolRefAttr name, uint64_t base, unsigned depth) {
  auto callee = tables.lookupNearestSymbolFrom<FuncOp>(call, name.getAttr());
  if (++calls > maxCalls)
    return call->emitOpError() << "is one of more than " << maxCalls << " calls with windows of their own, expected fewer";
  // The call reports these itself.
  if (!callee || base + callee.getParamCount() > weights.size())
    return success();
  if (running.contains(callee))
    return call->emitOpError() << "runs " << name << ", which is still running; functions cannot call themselves";
  if (depth == maxDepth)
    return call->emitOpError() << "is nested in " << maxDepth << " calls, expected fewer";
  return visit(callee, base, depth + 1);
}

LogicalResult CallWalk::visit(FuncOp func, uint64_t base, unsigned depth) {
  if (!done.insert({func, base}).second)
    return success();
  running.insert(func);
  for (Operation &op : func.getBody().front()) {
    LogicalResult result = success();
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
    }
    if (failed(result))
      return failure();
  }
  running.erase(func);
  return success();
}

LogicalResult veomni::rt::verifyEntry(FuncOp entry, SymbolTableCollection &tables) {
  if (failed(verifySignature(entry)))
    return failure();
  CallWalk walk(tables, llvm::to_vector(entry->getBlock()->getOps<WeightOp>()));
  size_t weightCount = llvm::range_size(entry->getBlock()->getOps<WeightOp>());
  if (entry.getParamCount() > weightCount)
    return entry.emitOpError() << "is the entry and has params(" << entry.getParamCount() << "), but there are " << weightCount
                               << " weights";
  return walk.visit(entry, 0, 1);
}
