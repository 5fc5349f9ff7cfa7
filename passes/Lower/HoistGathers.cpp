// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights that a layer gathers are gathered by whoever runs one layer after the other, which alone knows what comes
// next.
#include "WeightGathers.h"
#include "veomni/Dialect/Program/Accesses.h"
#include "veomni/Passes/Lower/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <functional>

using namespace mlir;

namespace veomni::lower {

#define GEN_PASS_DEF_HOISTGATHERS
#include "veomni/Passes/Lower/Passes.h.inc"

namespace {

class HoistGathers : public impl::HoistGathersBase<HoistGathers> {
  void runOnOperation() override;

  void countCalls();
  /// How often a run reaches each function, up to `often`; loops count once.
  void countRuns(rt::FuncOp function, unsigned times, llvm::DenseMap<Operation *, unsigned> &runs);
  /// All functions, each behind those that it calls.
  llvm::SetVector<Operation *> calleesFirst();
  /// Functions that run once and call others that run often: layers, one after the other.
  llvm::DenseSet<Operation *> findStacks();
  rt::FuncOp calleeOf(rt::CallOp call) { return symbols->lookup<rt::FuncOp>(call.getCalleeAttr().getAttr()); }
  /// Moves the gathers of a function before each call of it.
  void hoist(rt::FuncOp function);

  std::optional<SymbolTable> symbols;
  llvm::MapVector<Operation *, SmallVector<rt::CallOp>> callsOf;
  llvm::DenseSet<Operation *> runOtherwise; // by a loop, an entry, or with rows of other ranks
};

void HoistGathers::countCalls() {
  getOperation().walk([&](Operation *op) {
    if (auto call = dyn_cast<rt::CallOp>(op))
      callsOf[calleeOf(call)].push_back(call);
    else if (auto loop = dyn_cast<rt::LoopOp>(op))
      runOtherwise.insert(symbols->lookup(loop.getCalleeAttr().getAttr()));
    else if (auto dispatch = dyn_cast<rt::ExpertDispatchOp>(op))
      runOtherwise.insert(symbols->lookup(dispatch.getCalleeAttr().getAttr()));
  });
}

/// More than one is all that is asked for.
constexpr unsigned often = 2;

void HoistGathers::countRuns(rt::FuncOp function, unsigned times, llvm::DenseMap<Operation *, unsigned> &runs) {
  unsigned &known = runs[function];
  if (known >= often)
    return;
  known = std::min(known + times, often);
  const unsigned each = known;
  for (auto call : function.getOps<rt::CallOp>())
    countRuns(calleeOf(call), each, runs);
}

SmallVector<rt::CollectiveOp> gathersOf(rt::FuncOp function) {
  SmallVector<rt::CollectiveOp> gathers;
  for (auto collective : function.getOps<rt::CollectiveOp>())
    if (!collective.getStarts() && gathersWeights(collective))
      gathers.push_back(collective);
  return gathers;
}

void HoistGathers::hoist(rt::FuncOp function) {
  const SmallVector<rt::CollectiveOp> gathers = gathersOf(function);
  if (gathers.empty())
    return;
  for (rt::CallOp call : callsOf[function]) {
    auto caller = cast<rt::FuncOp>(call->getParentOp());
    unsigned slots = caller.getSlotCount();
    OpBuilder instructions(call);
    for (rt::CollectiveOp gather : gathers) {
      // A bundle lists values before instructions.
      OpBuilder values(&*llvm::find_if_not(caller.getBody().front(), [](Operation &op) { return rt::isValue(&op); }));
      SmallVector<Value> operands;
      for (Value source : gather.getSources()) {
        auto param = source.getDefiningOp<rt::ParamOp>();
        operands.push_back(
            rt::ParamOp::create(values, param.getLoc(), param.getType(), call.getParamBase() + param.getIndex()));
      }
      for (Value target : gather.getTargets())
        operands.push_back(rt::SlotOp::create(values, target.getLoc(), target.getType(), slots++));
      auto moved = cast<rt::CollectiveOp>(instructions.clone(*gather));
      moved->setOperands(operands);
      SmallVector<Value> arguments(call.getOperands());
      llvm::append_range(arguments, moved.getTargets());
      call->setOperands(arguments);
    }
    caller.setSlotCount(slots);
  }
  SmallVector<Attribute> arguments(function.getArguments().getValue());
  for (rt::CollectiveOp gather : gathers) {
    SmallVector<Value> sources(gather.getSources()), targets(gather.getTargets());
    gather.erase();
    for (auto [source, target] : llvm::zip(sources, targets)) {
      Value whole = function.getBody().addArgument(target.getType(), target.getLoc());
      arguments.push_back(rt::ArgumentAttr::get(&getContext(), rt::Access::read, StringAttr::get(&getContext())));
      target.replaceAllUsesWith(whole);
      target.getDefiningOp()->erase();
      if (source.use_empty())
        source.getDefiningOp()->erase();
    }
    ++numHoisted;
  }
  function.setArgumentsAttr(ArrayAttr::get(&getContext(), arguments));
}

llvm::SetVector<Operation *> HoistGathers::calleesFirst() {
  llvm::SetVector<Operation *> order;
  llvm::DenseSet<Operation *> seen; // what no entry reaches may call itself
  std::function<void(rt::FuncOp)> add = [&](rt::FuncOp function) {
    if (!seen.insert(function).second)
      return;
    for (auto call : function.getOps<rt::CallOp>())
      add(calleeOf(call));
    order.insert(function);
  };
  for (auto function : getOperation().getOps<rt::FuncOp>())
    add(function);
  return order;
}

llvm::DenseSet<Operation *> HoistGathers::findStacks() {
  llvm::DenseSet<Operation *> oftenRun, stacks;
  for (auto entry : getOperation().getOps<rt::EntryOp>()) {
    llvm::DenseMap<Operation *, unsigned> runs;
    countRuns(symbols->lookup<rt::FuncOp>(entry.getFunctionAttr().getAttr()), 1, runs);
    for (auto [reached, times] : runs)
      if (times >= often)
        oftenRun.insert(reached);
  }
  for (auto &[callee, calls] : callsOf)
    for (rt::CallOp call : calls)
      if (oftenRun.contains(callee) && !oftenRun.contains(call->getParentOp()))
        stacks.insert(call->getParentOp());
  return stacks;
}

void HoistGathers::runOnOperation() {
  symbols.emplace(getOperation());
  callsOf.clear(), runOtherwise.clear();
  countCalls();
  const llvm::DenseSet<Operation *> stacks = findStacks();
  const llvm::SetVector<Operation *> functions = calleesFirst();
  llvm::DenseSet<Operation *> hasStack, isInStack; // by calls
  for (Operation *function : functions)
    if (stacks.contains(function) || llvm::any_of(cast<rt::FuncOp>(function).getOps<rt::CallOp>(),
                                                  [&](rt::CallOp call) { return hasStack.contains(calleeOf(call)); }))
      hasStack.insert(function);
  for (Operation *function : llvm::reverse(functions))
    for (rt::CallOp call : callsOf.lookup(function))
      if (!hasStack.contains(function) &&
          (stacks.contains(call->getParentOp()) || isInStack.contains(call->getParentOp())))
        isInStack.insert(function);
  for (auto entry : getOperation().getOps<rt::EntryOp>())
    runOtherwise.insert(symbols->lookup(entry.getFunctionAttr().getAttr()));
  // Callees first, so that what has climbed one step climbs on.
  for (Operation *function : functions)
    if (isInStack.contains(function) && !runOtherwise.contains(function))
      hoist(cast<rt::FuncOp>(function));
}

} // namespace
} // namespace veomni::lower
