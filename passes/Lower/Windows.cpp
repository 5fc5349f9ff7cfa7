// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds which parameters a function reads, in which layout, and where the windows of what it calls begin.
#include "Windows.h"

#include "OpLowerings.h"

#include "veomni/Analysis/Axes.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace veomni::lower {

ArrayAttr parameterNames(Value value) {
  if (auto param = value.getDefiningOp<ParamOp>())
    return ArrayAttr::get(value.getContext(), {param.getNameAttr()});
  auto concat = value.getDefiningOp<ConcatParamsOp>();
  return concat ? concat.getNames() : ArrayAttr();
}

Windows::CallSite Windows::CallSite::of(Operation *op) {
  auto call = dyn_cast<CallOp>(op); // a loop runs on the same instance
  return {call ? call.getPathAttr() : StringAttr::get(op->getContext(), ""), calledFunction(op)};
}

/// Whether the use reads a parameter as the matrix of a product.
static bool readsMatrix(OpOperand &use) {
  const OpLowering *lowering = opLowerings().find(use.getOwner());
  return lowering && lowering->matrix && lowering->matrix(use.getOwner()) == use.get();
}

/// Own parameters in order of their ops, once per layout, then the windows of the calls.
void Windows::find(func::FuncOp function) {
  Window window;
  llvm::DenseSet<std::pair<ArrayAttr, unsigned>> seen;
  for (Operation &op : function.getBody().front()) {
    ArrayAttr names = op.getNumResults() == 1 ? parameterNames(op.getResult(0)) : ArrayAttr();
    if (!names)
      continue;
    auto add = [&](bool product) {
      if (seen.insert({names, product}).second)
        window.own.push_back({names, cast<RankedTensorType>(op.getResult(0).getType()), product, &op});
    };
    // Not in the order of uses, which text does not keep.
    auto concatenates = [](OpOperand &use) { return isa<ConcatParamsOp>(use.getOwner()); };
    if (llvm::any_of(op.getUses(), readsMatrix))
      add(/*product=*/true);
    if (!llvm::all_of(op.getUses(), [&](OpOperand &use) { return readsMatrix(use) || concatenates(use); }))
      add(/*product=*/false);
  }
  window.size = window.own.size();
  for (Operation &op : function.getBody().front()) {
    CallSite site = CallSite::of(&op);
    if (!site.callee)
      continue;
    window.calls.push_back(site);
    window.size += of(site.callee).size;
  }
  windows[function] = std::move(window);
}

} // namespace veomni::lower
