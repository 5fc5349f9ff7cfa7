// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A walk along the calls, which put the paths of instances before the names of parameters.
#include "veomni/Models/Parameters.h"

#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Dialect/Weight/ElementTypes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace veomni {

namespace {

class Walk {
public:
  explicit Walk(ModuleOp module) : symbols_(module) {}

  /// `path` is empty or ends in a dot.
  void run(func::FuncOp function, const std::string &path) {
    for (Operation &op : function.getOps()) {
      if (auto param = dyn_cast<ParamOp>(op))
        add(path + param.getName().str(), cast<RankedTensorType>(param.getType()));
      else if (auto call = dyn_cast<CallOp>(op))
        run(symbols_.lookup<func::FuncOp>(call.getCallee()), path + call.getPath().str() + ".");
      else if (auto loop = dyn_cast<ExpertsLoopOp>(op)) // runs on the same instance
        run(symbols_.lookup<func::FuncOp>(loop.getCallee()), path);
    }
  }

  std::vector<Parameter> parameters;

private:
  void add(const std::string &name, RankedTensorType type) {
    if (seen_.insert(name).second)
      parameters.push_back({name, Shape(type.getShape()), getDType(type.getElementType())});
  }

  SymbolTable symbols_;
  llvm::StringSet<> seen_;
};

} // namespace

std::vector<Parameter> askedParameters(ModuleOp module) {
  Walk walk(module);
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic())
      walk.run(function, "");
  return std::move(walk.parameters);
}

} // namespace veomni
