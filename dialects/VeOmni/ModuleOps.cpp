// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a module is made of besides computation: weights, parameters, calls and inputs.
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Dialect/Weight/ElementTypes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace veomni;

LogicalResult WeightOp::verify() {
  if (getName().empty())
    return emitOpError("name must not be empty");
  auto type = cast<RankedTensorType>(getType());
  recipe::ValueType made = getRecipe().getValueType();
  if (made.tile || type.getShape() != ArrayRef<int64_t>(made.dims) || findDType(type.getElementType()) != made.type)
    return emitOpError() << "'" << getName() << "': recipe makes " << made.text() << ", expected " << type;
  MeshAttr mesh = MeshAttr::of(*this);
  for (StepAttr step : getRecipe().getSteps())
    if (step.getKind() == recipe::StepKind::part &&
        (!mesh || mesh.ranksAlong(step.getKey().getValue()) != static_cast<int64_t>(step.getCount())))
      return emitOpError() << "'" << getName() << "' is a part of " << step.getCount() << " ranks along "
                           << step.getKey() << ", which is no axis with so many of the module's veomni.mesh";
  return success();
}

LogicalResult ParamOp::verify() {
  StringRef name = getName();
  if (name.empty() || name.starts_with(".") || name.ends_with("."))
    return emitOpError() << "name must be relative, like \"gate_proj.weight\", found \"" << name << "\"";
  return success();
}

void ParamOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  auto [path, last] = getName().rsplit('.');
  auto [rest, module] = path.rsplit('.');
  if (last.empty()) // no dot
    return setName(getResult(), path);
  setName(getResult(), ((module.empty() ? path : module) + "." + last).str());
}

ArrayAttr ConcatParamsOp::getNames() {
  return ArrayAttr::get(getContext(), llvm::map_to_vector(getParams(), [](Value param) -> Attribute {
                          return param.getDefiningOp<ParamOp>().getNameAttr();
                        }));
}

LogicalResult ConcatParamsOp::verify() {
  if (getParams().size() < 2)
    return emitOpError() << "needs at least two parameters, found " << getParams().size();
  auto first = cast<RankedTensorType>(getParams().front().getType());
  int64_t rows = 0;
  for (auto [index, param] : llvm::enumerate(getParams())) {
    if (!param.getDefiningOp<ParamOp>())
      return emitOpError() << "operand " << index << " must be a veomni.param";
    auto type = cast<RankedTensorType>(param.getType());
    if (type.getRank() == 0 || type.getRank() != first.getRank() || type.getElementType() != first.getElementType() ||
        type.getShape().drop_front() != first.getShape().drop_front())
      return emitOpError() << "operand " << index << " must be " << first << " but for dim 0, found " << type;
    rows += type.getDimSize(0);
  }
  SmallVector<int64_t> shape(first.getShape());
  shape[0] = rows;
  if (auto expected = RankedTensorType::get(shape, first.getElementType()); getType() != expected)
    return emitOpError() << "result must be " << expected << ", found " << getType();
  return success();
}

LogicalResult CallOp::verify() {
  if (getPath().empty())
    return emitOpError("path must not be empty");
  return success();
}

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError() << "callee " << getCalleeAttr() << " is not a function of this module";
  FunctionType type = callee.getFunctionType();
  if (TypeRange(type.getInputs()) != getOperandTypes())
    return emitOpError() << "callee " << getCalleeAttr() << " takes (" << type.getInputs() << "), found ("
                         << getOperandTypes() << ")";
  if (TypeRange(type.getResults()) != getResultTypes())
    return emitOpError() << "callee " << getCalleeAttr() << " returns (" << type.getResults() << "), found ("
                         << getResultTypes() << ")";
  return success();
}

LogicalResult InputGivenOp::verify() {
  auto argument = dyn_cast<BlockArgument>(getInput());
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  if (!function || !function.isPublic())
    return emitOpError("operand must be an argument of a public function");
  if (!function.getArgAttr(argument.getArgNumber(), VeOmniDialect::kDefault))
    return emitOpError() << "argument " << argument.getArgNumber() << " has no 'veomni.default', so it is always given";
  return success();
}
