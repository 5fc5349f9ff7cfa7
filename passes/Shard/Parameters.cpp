// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Follows calls with the paths of instances, since a parameter's full name is that of its instance and its own.
#include "Parameters.h"

#include "veomni/Analysis/Axes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace veomni::shard {

namespace {
class ParameterWalk {
public:
  explicit ParameterWalk(function_ref<LogicalResult(ParameterReader)> visit) : visit(visit) {}

  LogicalResult run(func::FuncOp function, const std::string &path, bool inLoop) {
    for (Operation &op : function.getOps()) {
      if (auto param = dyn_cast<ParamOp>(op))
        if (failed(visit({param, path + param.getName().str(), inLoop})))
          return failure();
      auto call = dyn_cast<CallOp>(op);
      if (func::FuncOp callee = calledFunction(&op))
        if (failed(run(callee, call ? path + call.getPath().str() + "." : path, inLoop || !call)))
          return failure();
    }
    return success();
  }

private:
  function_ref<LogicalResult(ParameterReader)> visit;
};
} // namespace

LogicalResult walkParameters(ModuleOp module, function_ref<LogicalResult(ParameterReader)> visit) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal() && failed(ParameterWalk(visit).run(function, "", false)))
      return failure();
  return success();
}

RankedTensorType partType(Type type, const Division &division) {
  auto whole = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(whole.getShape());
  shape[division.dim] /= division.ranks;
  return RankedTensorType::get(shape, whole.getElementType());
}

void divideWeights(ModuleOp module, const Divisions &divisions) {
  for (auto weight : module.getOps<WeightOp>()) {
    auto found = divisions.find(weight.getName());
    if (found == divisions.end())
      continue;
    const Division &division = found->second;
    recipe::Steps steps = weight.getRecipe().toSteps();
    steps.push_back(recipe::part(division.meshAxis, static_cast<uint32_t>(division.ranks), division.dim));
    weight.setRecipeAttr(RecipeAttr::get(module.getContext(), ArrayRef<recipe::Step>(steps)));
    weight.setTypeAttr(TypeAttr::get(partType(weight.getType(), division)));
  }
}

} // namespace veomni::shard
