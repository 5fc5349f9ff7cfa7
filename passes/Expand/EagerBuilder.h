// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes eager ops, with the types that follow.
#ifndef VEOMNI_PASSES_EXPAND_EAGERBUILDER_H
#define VEOMNI_PASSES_EXPAND_EAGERBUILDER_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/Builders.h"

namespace veomni::expand {

class EagerBuilder {
public:
  using Value = mlir::Value;

  EagerBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  // Elementwise.
  Value unary(UnaryKind kind, Value x) { return create<UnaryOp>(kind, x); }
  Value binary(BinaryKind kind, Value a, Value b) { return create<BinaryOp>(BinaryOp::inferType(a, b), kind, a, b); }
  Value add(Value a, Value b) { return binary(BinaryKind::Add, a, b); }
  Value sub(Value a, Value b) { return binary(BinaryKind::Sub, a, b); }
  Value mul(Value a, Value b) { return binary(BinaryKind::Mul, a, b); }
  Value div(Value a, Value b) { return binary(BinaryKind::Div, a, b); }
  Value add(Value x, float value) { return scalar(BinaryKind::Add, x, value); }
  Value mul(Value x, float value) { return scalar(BinaryKind::Mul, x, value); }
  Value max(Value x, float value) { return scalar(BinaryKind::Max, x, value); }
  Value min(Value x, float value) { return scalar(BinaryKind::Min, x, value); }
  /// `x` itself if it has the element type.
  Value cast(Value x, mlir::Type element);
  Value f32(Value x) { return cast(x, builder.getF32Type()); }

  /// Of an f32 value; `alpha` is of silu alone: x * sigmoid(alpha * x).
  Value activate(GluActivation act, Value x, float alpha = 1.0f);
  /// act(gate) * up.
  Value glu(GluActivation act, Value gate, Value up);

  // Over dims.
  Value reduce(ReduceKind kind, Value x);
  /// Over the leading dims, so that the last `rank` stay.
  Value sumLeading(Value x, unsigned rank);
  /// rsqrt(mean(x²) + eps) over the last dim of an f32 `x`, which stays as 1.
  Value inverseRms(Value x, float eps);
  /// Over the last dim, in f32.
  Value softmax(Value x);
  Value logSoftmax(Value x);
  TopKOp topK(Value x, int64_t count);
  /// Rows of `columns` for the indices of every row.
  Value oneHot(Value indices, int64_t columns);

  // Attention.
  /// Products of all queries and keys, head by head.
  Value scores(Value query, Value key);
  /// What is added to these, for all heads alike; `ends` may be null.
  Value mask(Value scores, Value starts, Value ends, Value keyMask, Value maskGiven, int64_t window,
             Visibility visibility = Visibility::Causal);

  // Columns.
  Value slice(Value x, int64_t offset, int64_t size);
  Value concat(Value a, Value b);
  Value unflatten(Value x, int64_t outer, int64_t inner);
  Value flatten(Value x);

  template <typename Op, typename... Args> Op create(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }

  static mlir::RankedTensorType type(Value x) { return llvm::cast<mlir::RankedTensorType>(x.getType()); }
  static mlir::Type element(Value x) { return type(x).getElementType(); }
  static int64_t lastDim(Value x) { return type(x).getShape().back(); }
  /// The type of `x` with its last `drop` dims replaced by `dims`.
  static mlir::RankedTensorType withTail(Value x, unsigned drop, llvm::ArrayRef<int64_t> dims);

private:
  Value scalar(BinaryKind kind, Value x, float value) { return create<BinaryScalarOp>(kind, x, llvm::APFloat(value)); }

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace veomni::expand

#endif // VEOMNI_PASSES_EXPAND_EAGERBUILDER_H
