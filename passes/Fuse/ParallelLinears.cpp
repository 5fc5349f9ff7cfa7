// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linear layers over one input, side by side, can be one layer over concatenated parameters. Both the q|k|v and the
// gate|up fusion need the same conditions and the same rewrite, which live here.
#include "ParallelLinears.h"

#include "veomni/Kernels/BoundKernel.h"

using namespace mlir;

namespace veomni::fuse {

std::string whyNotTogether(ArrayRef<LinearOp> linears) {
  LinearOp first = linears.front();
  for (LinearOp linear : linears) {
    if (linear.getX() != first.getX())
      return "they read different inputs";
    if (!linear.getWeight().getDefiningOp<ParamOp>() ||
        (linear.getBias() && !linear.getBias().getDefiningOp<ParamOp>()))
      return "a weight or bias is not a parameter";
    if (static_cast<bool>(linear.getBias()) != static_cast<bool>(first.getBias()))
      return "one has a bias, another has none";
    if (kernels::boundKernel(linear) != kernels::boundKernel(first))
      return "they are bound to different kernels";
    auto type = [](Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); };
    if (type(linear.getWeight()) != type(first.getWeight()) || type(linear.getResult()) != type(first.getResult()))
      return "their element types differ";
    if (linear.getWeight() == first.getWeight() && linear != first)
      return "they share a weight";
  }
  return "";
}

/// The parameters in order, as one.
static Value concat(OpBuilder &builder, Location loc, ArrayRef<Value> params) {
  auto first = cast<RankedTensorType>(params.front().getType());
  SmallVector<int64_t> shape(first.getShape());
  shape[0] = 0;
  for (Value param : params) {
    // Ahead of its new use: a parameter can stand anywhere.
    shape[0] += cast<RankedTensorType>(param.getType()).getDimSize(0);
    if (Operation *def = param.getDefiningOp(); def->getBlock() == builder.getInsertionBlock())
      def->moveBefore(&builder.getInsertionBlock()->front());
  }
  return ConcatParamsOp::create(builder, loc, RankedTensorType::get(shape, first.getElementType()), params);
}

Value joinLinears(OpBuilder &builder, ArrayRef<LinearOp> linears) {
  LinearOp first = linears.front();
  SmallVector<Value> weights, biases;
  SmallVector<Location> locations;
  for (LinearOp linear : linears) {
    weights.push_back(linear.getWeight());
    if (linear.getBias())
      biases.push_back(linear.getBias());
    locations.push_back(linear.getLoc());
  }
  Location loc = builder.getFusedLoc(locations);
  Value weight = concat(builder, loc, weights), bias = biases.empty() ? Value() : concat(builder, loc, biases);
  auto type = cast<RankedTensorType>(first.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = cast<RankedTensorType>(weight.getType()).getDimSize(0);
  auto joined =
      LinearOp::create(builder, loc, RankedTensorType::get(shape, type.getElementType()), first.getX(), weight, bias);
  kernels::keepKernel(first, joined);
  return joined;
}

} // namespace veomni::fuse
