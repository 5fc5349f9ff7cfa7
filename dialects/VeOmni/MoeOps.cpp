// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers and rules of routing and of the eager loop over experts, whose body is a function of its own.
#include "Verify.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace veomni;

LogicalResult RouterOp::verify() {
  RankedTensorType logits = ranked(getLogits());
  if (!logits || logits.getRank() < 1 || logits.isDynamicDim(logits.getRank() - 1))
    return emitOpError() << "logits must be [..., experts] with a static number of experts, found "
                         << getLogits().getType();
  int64_t experts = logits.getShape().back(), topK = getTopK();
  if (topK > experts)
    return emitOpError() << "'top_k' = " << topK << " is more than the " << experts << " experts";
  if (!isa<Float32Type, BFloat16Type>(getWeightType()))
    return emitOpError() << "'weight_type' must be f32 or bf16, found " << getWeightType();
  if (getRenormalize() && getScore() != RouterScore::Softmax)
    return emitOpError() << "'renormalize' goes with score softmax alone, found " << stringifyRouterScore(getScore());
  SmallVector<int64_t> shape(logits.getShape().drop_back());
  shape.push_back(topK);
  for (Value result : getResults())
    if (RankedTensorType type = ranked(result); !type || type.getShape() != ArrayRef<int64_t>(shape))
      return emitOpError() << "results must have the dims of " << logits << " and then " << topK << ", found "
                           << result.getType();
  return success();
}

LogicalResult GroupRouterOp::verify() {
  RankedTensorType logits = ranked(getLogits());
  if (!logits || logits.getRank() < 1 || logits.isDynamicDim(logits.getRank() - 1))
    return emitOpError() << "logits must be [..., experts], found " << getLogits().getType();
  int64_t experts = logits.getShape().back(), groups = getGroups(), chosen = getGroupsPerToken(), topK = getTopK();
  if (experts % groups != 0 || experts / groups < 2)
    return emitOpError() << "'groups' = " << groups << " must divide the " << experts
                         << " experts into groups of at least 2";
  if (chosen > groups)
    return emitOpError() << "'groups_per_token' = " << chosen << " is more than the " << groups << " groups";
  if (topK > chosen * (experts / groups))
    return emitOpError() << "'top_k' = " << topK << " is more than the " << chosen * (experts / groups)
                         << " experts of " << chosen << " groups";
  if (auto expected = RankedTensorType::get({experts}, Float32Type::get(getContext())); getBias().getType() != expected)
    return emitOpError() << "bias must be " << expected << ", found " << getBias().getType();
  SmallVector<int64_t> shape(logits.getShape());
  shape.back() = topK;
  for (Value result : getResults())
    if (RankedTensorType type = ranked(result); !type || type.getShape() != ArrayRef<int64_t>(shape))
      return emitOpError() << "results must have the dims of " << logits << " and then " << topK << ", found "
                           << result.getType();
  return success();
}

LogicalResult SelectExpertOp::verify() {
  RankedTensorType stack = ranked(getStack());
  if (!stack || stack.getRank() < 2 || stack.getRank() > 3 || !stack.hasStaticShape() || stack.getNumElements() == 0)
    return emitOpError() << "stack must have 2 or 3 static dims, none of them 0, found " << getStack().getType();
  auto expected = RankedTensorType::get(stack.getShape().drop_front(), stack.getElementType());
  if (getType() != expected)
    return emitOpError() << "result must be " << expected << ", found " << getType();
  return success();
}

LogicalResult PackedGluOp::verify() {
  RankedTensorType x = ranked(getX()), result = ranked(getResult());
  if (!x || !result || x.getRank() < 1 || x.getRank() != result.getRank() ||
      x.getElementType() != result.getElementType() || x.getShape().drop_back() != result.getShape().drop_back() ||
      x.getShape().back() != 2 * result.getShape().back())
    return emitOpError() << "the last dim of x must be twice that of the result, found " << getX().getType() << " and "
                         << getType();
  if (getLimit() && !(getLimit()->convertToFloat() > 0))
    return emitOpError() << "'limit' must be positive, found " << getLimitAttr();
  if (getAlpha() && getAct() != GluActivation::Silu)
    return emitOpError() << "'alpha' goes with silu alone, found " << stringifyGluActivation(getAct());
  return success();
}

llvm::StringRef ExpertsLoopOp::getShardingRule() { return ".H,.K,.K->.H;e"; }

/// The stacks that the callee takes one expert's matrix or bias of.
llvm::SmallVector<CalleeFactor> ExpertsLoopOp::getCalleeFactors() {
  SmallVector<CalleeFactor> factors;
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!callee || callee.isExternal())
    return factors;
  llvm::StringSet<> seen;
  for (auto select : callee.getOps<SelectExpertOp>())
    if (auto param = select.getStack().getDefiningOp<ParamOp>(); param && seen.insert(param.getName()).second)
      factors.push_back({'e', static_cast<int64_t>(getNumExperts()), param.getName().str(), 0});
  return factors;
}

LogicalResult ExpertsLoopOp::verify() {
  RankedTensorType x = ranked(getX()), experts = ranked(getExperts()), weights = ranked(getWeights());
  if (getType() != getX().getType())
    return emitOpError() << "result must have the type of x, " << getX().getType() << ", found " << getType();
  if (!x || !experts || !weights || x.getRank() < 2 || experts.getShape() != weights.getShape() ||
      experts.getRank() != x.getRank() || experts.getShape().drop_back() != x.getShape().drop_back())
    return emitOpError() << "experts and weights must have the leading dims of x and one of top_k, found "
                         << getExperts().getType() << ", " << getWeights().getType() << " for " << getX().getType();
  return success();
}

LogicalResult ExpertsLoopOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError() << "callee " << getCalleeAttr() << " is not a function of this module";
  RankedTensorType x = ranked(getX());
  Type rows = RankedTensorType::get({ShapedType::kDynamic, x.getShape().back()}, x.getElementType());
  auto expected = FunctionType::get(getContext(), {rows, IndexType::get(getContext())}, {rows});
  if (callee.getFunctionType() != expected)
    return emitOpError() << "callee " << getCalleeAttr() << " must be " << expected << ", found "
                         << callee.getFunctionType();
  return success();
}

LogicalResult LoadBalancingLossOp::verify() {
  if (getLogits().empty())
    return emitOpError("needs the router logits of at least one layer");
  RankedTensorType logits = ranked(getLogits().front()), mask = ranked(getMask());
  if (!logits || logits.getRank() != 3 || logits.isDynamicDim(2))
    return emitOpError() << "logits must be [batch, seq, experts] with a static number of experts, found "
                         << getLogits().front().getType();
  for (Value other : getLogits())
    if (other.getType() != logits)
      return emitOpError() << "all logits must be " << logits << ", found " << other.getType();
  if (!mask || mask.getShape() != logits.getShape().drop_back())
    return emitOpError() << "mask must be [batch, seq] like " << logits << ", found " << getMask().getType();
  if (static_cast<int64_t>(getTopK()) > logits.getShape().back())
    return emitOpError() << "'top_k' = " << getTopK() << " is more than the " << logits.getShape().back() << " experts";
  return success();
}
