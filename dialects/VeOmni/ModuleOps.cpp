// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace veomni;

LogicalResult WeightOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  auto source = cast<RankedTensorType>(getSourceType());
  int64_t sources = getSources().size(), concat = getConcat();
  if (getName().empty())
    return emitOpError("name must not be empty");
  if (sources == 0 || sources % concat != 0)
    return emitOpError() << "'concat' = " << concat << " must divide the number of sources, found " << sources;
  int64_t runs = sources / concat;
  if (!getStack() && runs != 1)
    return emitOpError() << "without 'stack' the sources must form one run, found " << runs;
  SmallVector<int64_t> shape(source.getShape());
  if (getMxfp4Scales() && getFp8Scales())
    return emitOpError("sources are MXFP4 or FP8, not both");
  for (std::optional<ArrayAttr> scales : {getMxfp4Scales(), getFp8Scales()})
    if (scales && static_cast<int64_t>(scales->size()) != sources)
      return emitOpError() << "expected one tensor of scales for each of the " << sources << " sources, found " << scales->size();
  if (getFp8Scales().has_value() != getFp8Block().has_value())
    return emitOpError("FP8 scales and the size of their blocks go together");
  if (getFp8Scales()) {
    ArrayRef<int64_t> block = *getFp8Block();
    if (block.size() != 2 || block[0] < 1 || block[1] < 1)
      return emitOpError() << "FP8 blocks must be two positive numbers, found [" << block << "]";
    if (!isa<Float8E4M3FNType>(source.getElementType()) || shape.size() != 2)
      return emitOpError() << "FP8 sources must be f8E4M3FN [N, K], found " << source;
    if (!type.getElementType().isF32() && !type.getElementType().isBF16())
      return emitOpError() << "FP8 sources become f32 or bf16, found " << type;
  }
  if (getMxfp4Scales()) {
    if (!source.getElementType().isUnsignedInteger(8) || shape.size() < 2 || shape.back() != 16)
      return emitOpError() << "MXFP4 blocks must be ui8 [..., G, 16], found " << source;
    if (!type.getElementType().isF32() && !type.getElementType().isBF16())
      return emitOpError() << "MXFP4 blocks become f32 or bf16, found " << type;
    shape.pop_back();
    shape.back() *= 32;
  }
  if (concat > 1) {
    if (shape.empty())
      return emitOpError("scalars cannot be concatenated");
    shape[0] *= concat;
  }
  if (getStack())
    shape.insert(shape.begin(), runs);
  if (getTranspose()) {
    if (shape.size() < 2)
      return emitOpError() << "'transpose' needs two dims, found " << shape.size();
    std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  }
  if (type.getShape() != ArrayRef<int64_t>(shape))
    return emitOpError() << "sources make shape [" << shape << "], but the parameter is " << type;
  return success();
}

LogicalResult ParamOp::verify() {
  StringRef name = getName();
  if (name.empty() || name.starts_with(".") || name.ends_with("."))
    return emitOpError() << "name must be relative, like \"gate_proj.weight\", found \"" << name << "\"";
  return success();
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
    return emitOpError() << "callee " << getCalleeAttr() << " takes (" << type.getInputs() << "), found (" << getOperandTypes() << ")";
  if (TypeRange(type.getResults()) != getResultTypes())
    return emitOpError() << "callee " << getCalleeAttr() << " returns (" << type.getResults() << "), found (" << getResultTypes() << ")";
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
