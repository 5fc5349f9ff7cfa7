// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers and rules of experts over sorted rows, whose numbers of rows are known only when they are routed.
#include "Verify.h"

using namespace mlir;
using namespace veomni;

/// One dim, of any size known at run time only.
static bool isRouteList(Value value) {
  RankedTensorType type = ranked(value);
  return type && type.getRank() == 1 && type.isDynamicDim(0);
}

/// [tokens, N] or [batch, seq, N], with a static N.
static bool isTokens(Value value) {
  RankedTensorType type = ranked(value);
  return type && (type.getRank() == 2 || type.getRank() == 3) && !type.isDynamicDim(type.getRank() - 1);
}

/// How many rows the leading dims of a value are, as many of them as there are but the last.
static AxisExtent rowsOf(Value value, ExtentOfDim extentOf) {
  AxisExtent rows(1);
  for (unsigned dim = 0; dim + 1 < ranked(value).getRank(); ++dim)
    rows = rows * extentOf(value, dim);
  return rows;
}

// Tokens must be whole: a part of them has other routes.
llvm::StringRef ExpertSortOp::getShardingRule() {
  return ranked(getExperts()).getRank() == 2 ? "TK->R,TK,O" : "BSK->R,BSK,O";
}
llvm::StringRef PermuteOp::getShardingRule() { return ranked(getX()).getRank() == 2 ? "Th,R->Rh" : "BSh,R->Rh"; }

std::optional<MadeAxis> ExpertSortOp::getMadeAxis(char letter, ExtentOfDim extentOf) {
  if (letter != 'R')
    return std::nullopt;
  return MadeAxis{"expert_routes_" + std::to_string(getTopK()), rowsOf(getExperts(), extentOf) * AxisExtent(getTopK())};
}

LogicalResult PermuteOp::verifyExtents(ExtentOfDim extentOf) {
  AxisExtent expected = rowsOf(getX(), extentOf) * AxisExtent(getTopK()), found = extentOf(getRoutes(), 0);
  if (found == expected)
    return success();
  return emitOpError() << "has " << found.str() << " routes, expected " << expected.str() << ": 'top_k' = " << getTopK()
                       << " for every row of x";
}

int64_t ExpertSortOp::getTopK() { return cast<RankedTensorType>(getExperts().getType()).getShape().back(); }

LogicalResult ExpertSortOp::verify() {
  RankedTensorType experts = ranked(getExperts()), offsets = ranked(getOffsets());
  if (!isTokens(getExperts()))
    return emitOpError() << "experts must be [tokens, top_k] or [batch, seq, top_k] with a static top_k, found "
                         << getExperts().getType();
  if (!isRouteList(getRoutes()))
    return emitOpError() << "routes must have one dynamic dim, found " << getRoutes().getType();
  if (getPlaces().getType() != experts)
    return emitOpError() << "places must have the type of experts, " << experts << ", found " << getPlaces().getType();
  if (!offsets || offsets.getRank() != 1 || !offsets.hasStaticShape() || offsets.getDimSize(0) < 2)
    return emitOpError() << "offsets must be [experts + 1] and static, found " << getOffsets().getType();
  return success();
}

LogicalResult PermuteOp::verify() {
  RankedTensorType x = ranked(getX());
  if (!isTokens(getX()))
    return emitOpError() << "x must be [tokens, H] or [batch, seq, H] with a static H, found " << getX().getType();
  if (!isRouteList(getRoutes()))
    return emitOpError() << "routes must have one dynamic dim, found " << getRoutes().getType();
  auto expected = RankedTensorType::get({ShapedType::kDynamic, x.getShape().back()}, x.getElementType());
  if (getType() != expected)
    return emitOpError() << "result must be " << expected << ", found " << getType();
  return success();
}

LogicalResult GroupedGemmOp::verify() {
  RankedTensorType x = ranked(getX()), weight = ranked(getWeight()), offsets = ranked(getOffsets());
  if (!weight || weight.getRank() != 3 || !weight.hasStaticShape() || weight.getNumElements() == 0)
    return emitOpError() << "weight must have 3 static dims, none of them 0, found " << getWeight().getType();
  int64_t experts = weight.getDimSize(0), n = weight.getDimSize(1), k = weight.getDimSize(2);
  if (!x || x.getRank() != 2 || x.getDimSize(1) != k)
    return emitOpError() << "x must be [rows, " << k << "] for " << weight << ", found " << getX().getType();
  if (!offsets || offsets.getShape() != ArrayRef<int64_t>{experts + 1})
    return emitOpError() << "offsets must be [" << experts + 1 << "] for " << experts << " experts, found "
                         << getOffsets().getType();
  if (getBias() && getBias().getType() != RankedTensorType::get({experts, n}, weight.getElementType()))
    return emitOpError() << "bias must be " << RankedTensorType::get({experts, n}, weight.getElementType())
                         << ", found " << getBias().getType();
  RankedTensorType result = ranked(getResult());
  if (!result || result.getShape() != ArrayRef<int64_t>{x.getDimSize(0), n})
    return emitOpError() << "result must be [rows, " << n << "], found " << getType();
  return success();
}

LogicalResult ExpertCombineOp::verify() {
  RankedTensorType x = ranked(getX()), places = ranked(getPlaces()), weights = ranked(getWeights()),
                   result = ranked(getResult());
  if (!x || x.getRank() != 2)
    return emitOpError() << "x must be [routes, H], found " << getX().getType();
  if (!isRouteList(getRoutes()))
    return emitOpError() << "routes must have one dynamic dim, found " << getRoutes().getType();
  if (!places || !weights || places.getRank() < 2 || places.getShape() != weights.getShape())
    return emitOpError() << "places and weights must both be [..., top_k], found " << getPlaces().getType() << " and "
                         << getWeights().getType();
  SmallVector<int64_t> shape(places.getShape().drop_back());
  shape.push_back(x.getDimSize(1));
  if (!result || result != RankedTensorType::get(shape, x.getElementType()))
    return emitOpError() << "result must be " << RankedTensorType::get(shape, x.getElementType()) << ", found "
                         << getType();
  return success();
}
