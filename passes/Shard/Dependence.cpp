// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Goes over all functions until nothing changes; calls carry what is known in and out.
#include "Dependence.h"

#include "veomni/Analysis/Axes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace veomni::shard {

DenseSet<Value> valuesFromParameters(ModuleOp module) {
  DenseSet<Value> known;
  bool changed = true;
  auto add = [&](Value value) { changed |= known.insert(value).second; };
  auto visitCall = [&](CallOp call) {
    func::FuncOp callee = calledFunction(call);
    for (auto [operand, argument] : llvm::zip_equal(call.getOperands(), callee.getArguments()))
      if (known.contains(operand))
        add(argument);
    for (auto [result, made] :
         llvm::zip_equal(call.getResults(), callee.getBody().front().getTerminator()->getOperands()))
      if (known.contains(made))
        add(result);
  };
  while (changed) {
    changed = false;
    module.walk([&](Operation *op) {
      if (auto call = dyn_cast<CallOp>(op))
        return visitCall(call);
      if (isa<ParamOp>(op) || llvm::any_of(op->getOperands(), [&](Value operand) { return known.contains(operand); }))
        for (Value result : op->getResults())
          add(result);
    });
  }
  return known;
}

} // namespace veomni::shard
