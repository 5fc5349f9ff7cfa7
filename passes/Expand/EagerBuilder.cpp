// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shorthand for writing eager forms: what a line of PyTorch says is one call here, so that an expansion reads like
// the model code it follows.
#include "EagerBuilder.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using namespace veomni;
using namespace veomni::expand;

RankedTensorType EagerBuilder::withTail(Value x, unsigned drop, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> shape(type(x).getShape().drop_back(drop));
  llvm::append_range(shape, dims);
  return type(x).clone(shape);
}

Value EagerBuilder::cast(Value x, Type target) {
  return element(x) == target ? x : Value(create<CastOp>(type(x).clone(target), x));
}

Value EagerBuilder::reduce(ReduceKind kind, Value x) { return create<ReduceOp>(withTail(x, 1, 1), kind, x); }

Value EagerBuilder::sumLeading(Value x, unsigned rank) {
  return create<SumLeadingOp>(type(x).clone(type(x).getShape().take_back(rank)), x);
}

Value EagerBuilder::inverseRms(Value x, float eps) {
  return unary(UnaryKind::Rsqrt, add(reduce(ReduceKind::Mean, unary(UnaryKind::Square, x)), eps));
}

Value EagerBuilder::softmax(Value x) {
  Value x32 = f32(x), exponentials = unary(UnaryKind::Exp, sub(x32, reduce(ReduceKind::Max, x32)));
  return div(exponentials, reduce(ReduceKind::Sum, exponentials));
}

Value EagerBuilder::logSoftmax(Value x) {
  Value x32 = f32(x), shifted = sub(x32, reduce(ReduceKind::Max, x32));
  return sub(shifted, unary(UnaryKind::Log, reduce(ReduceKind::Sum, unary(UnaryKind::Exp, shifted))));
}

TopKOp EagerBuilder::topK(Value x, int64_t count) {
  RankedTensorType values = withTail(x, 1, count);
  return create<TopKOp>(values, values.clone(builder.getI32Type()), x);
}

Value EagerBuilder::oneHot(Value indices, int64_t columns) {
  RankedTensorType rows = withTail(indices, 0, columns);
  return create<OneHotOp>(rows.clone(builder.getF32Type()), indices);
}

Value EagerBuilder::scores(Value query, Value key) {
  SmallVector<int64_t> shape(type(query).getShape().drop_back());
  shape.push_back(type(key).getDimSize(1));
  return create<AttentionScoresOp>(RankedTensorType::get(shape, builder.getF32Type()), query, key);
}

Value EagerBuilder::mask(Value scores, Value starts, Value ends, Value keyMask, Value maskGiven, int64_t window,
                         Visibility visibility) {
  return create<AttentionMaskOp>(withTail(scores, 2, {1, lastDim(scores)}), starts, ends, keyMask, maskGiven, window,
                                 visibility);
}

Value EagerBuilder::slice(Value x, int64_t offset, int64_t size) {
  return create<SliceOp>(withTail(x, 1, size), x, offset);
}
Value EagerBuilder::concat(Value a, Value b) { return create<ConcatOp>(withTail(a, 1, lastDim(a) + lastDim(b)), a, b); }
Value EagerBuilder::unflatten(Value x, int64_t outer, int64_t inner) {
  return create<UnflattenOp>(withTail(x, 1, {outer, inner}), x);
}
Value EagerBuilder::flatten(Value x) {
  ArrayRef<int64_t> tail = type(x).getShape().take_back(2);
  return create<FlattenOp>(withTail(x, 2, tail[0] * tail[1]), x);
}

Value EagerBuilder::activate(GluActivation act, Value x, float alpha) {
  switch (act) {
  case GluActivation::Silu:
    return mul(x, unary(UnaryKind::Sigmoid, alpha == 1.0f ? x : mul(x, alpha)));
  case GluActivation::Gelu: {
    Value erf = unary(UnaryKind::Erf, mul(x, float(M_SQRT1_2)));
    return mul(mul(x, 0.5f), add(erf, 1.0f));
  }
  case GluActivation::GeluTanh: {
    Value cube = mul(unary(UnaryKind::Square, x), x);
    Value tanh = unary(UnaryKind::Tanh, mul(add(x, mul(cube, 0.044715f)), float(M_SQRT2 * std::numbers::inv_sqrtpi)));
    return mul(mul(x, 0.5f), add(tanh, 1.0f));
  }
  }
  llvm_unreachable("every activation has an eager form");
}

Value EagerBuilder::glu(GluActivation act, Value gate, Value up) {
  return mul(cast(activate(act, f32(gate)), element(gate)), up);
}
