// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks compute while data moves between them.
#include "WeightGathers.h"
#include "veomni/Dialect/Program/Accesses.h"
#include "veomni/Passes/Lower/Passes.h"

using namespace mlir;

namespace veomni::lower {

#define GEN_PASS_DEF_OVERLAPCOLLECTIVES
#include "veomni/Passes/Lower/Passes.h.inc"

namespace {

class OverlapCollectives : public impl::OverlapCollectivesBase<OverlapCollectives> {
  void runOnOperation() override;
  void overlap(rt::FuncOp function, SymbolTableCollection &tables);
  /// Whether a function gathers weights, or one that it runs.
  bool gathersWithin(rt::FuncOp function, SymbolTableCollection &tables);

  llvm::DenseMap<Operation *, bool> known; // of `gathersWithin`
};

/// The function that an instruction runs, if any.
rt::FuncOp calleeOf(Operation *op, SymbolTableCollection &tables) {
  auto name = isa<rt::CallOp, rt::LoopOp, rt::ExpertDispatchOp>(op) ? op->getAttrOfType<FlatSymbolRefAttr>("callee")
                                                                    : FlatSymbolRefAttr();
  return name ? tables.lookupNearestSymbolFrom<rt::FuncOp>(op, name) : rt::FuncOp();
}

bool OverlapCollectives::gathersWithin(rt::FuncOp function, SymbolTableCollection &tables) {
  auto [entry, isNew] = known.try_emplace(function, false);
  if (!isNew)
    return entry->second;
  const bool result = llvm::any_of(function.getBody().front(), [&](Operation &op) {
    auto collective = dyn_cast<rt::CollectiveOp>(op);
    rt::FuncOp callee = calleeOf(&op, tables);
    return (collective && gathersWeights(collective)) || (callee && gathersWithin(callee, tables));
  });
  return known[function] = result;
}

void OverlapCollectives::overlap(rt::FuncOp function, SymbolTableCollection &tables) {
  SmallVector<rt::CollectiveOp> collectives;
  for (auto collective : function.getOps<rt::CollectiveOp>())
    if (collective.getKind() != rt::CollectiveKind::all_slice && !collective.getStarts())
      collectives.push_back(collective);
  // Each ends where its result is first needed.
  DenseMap<Operation *, Operation *> ends;
  for (rt::CollectiveOp collective : collectives) {
    Operation *end = collective->getNextNode();
    while (!isa<rt::ReturnOp>(end) && (rt::isValue(end) || !rt::conflictOf(end, collective, tables)))
      end = end->getNextNode();
    ends[collective] = end;
    OpBuilder builder(end);
    rt::WaitOp::create(builder, collective.getLoc(), collective.getOperands());
    collective.setStarts(true);
  }
  // Gathers of weights start where those before them end. Slots have no value before they are written, and until slots
  // are assigned each has memory of its own.
  Operation *place = &*llvm::find_if_not(function.getBody().front(), [](Operation &op) { return rt::isValue(&op); });
  Operation *next = nullptr;
  for (rt::CollectiveOp collective : collectives) {
    if (!gathersWeights(collective))
      continue;
    Operation *end = ends[collective];
    if (next && next != end)
      place = next;
    next = end;
    // Nor before what gathers weights of its own, which would wait for these and lie in memory beside them.
    Operation *start = collective;
    while (start != place && place->isBeforeInBlock(start)) {
      rt::FuncOp callee = calleeOf(start->getPrevNode(), tables);
      if (callee && gathersWithin(callee, tables))
        break;
      start = start->getPrevNode();
    }
    if (start != collective)
      collective->moveBefore(start);
  }
  for (rt::CollectiveOp collective : collectives)
    if (rt::WaitOp wait = collective.getWait(); collective->getNextNode() == wait) {
      wait.erase();
      collective.setStarts(false);
    } else {
      ++numStarted;
    }
}

void OverlapCollectives::runOnOperation() {
  SymbolTableCollection tables;
  known.clear();
  for (auto function : getOperation().getOps<rt::FuncOp>())
    overlap(function, tables);
}

} // namespace
} // namespace veomni::lower
