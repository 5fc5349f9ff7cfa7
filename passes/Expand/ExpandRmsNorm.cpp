// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Expand.h"

using namespace mlir;
using namespace veomni;

Value expand::normalize(EagerBuilder &b, Value x, APFloat eps) {
  Value mean = b.reduce(ReduceKind::Mean, b.unary(UnaryKind::Square, x));
  return b.mul(x, b.unary(UnaryKind::Rsqrt, b.add(mean, eps.convertToFloat())));
}

expand::Values expand::expand(EagerBuilder &b, RmsNormOp op) {
  Type type = b.element(op.getX());
  Value normal = normalize(b, b.f32(op.getX()), op.getEps());
  if (op.getVariant() == NormVariant::OnePlus)
    return {b.cast(b.mul(normal, b.add(b.f32(op.getWeight()), 1.0f)), type)};
  return {b.cast(b.mul(op.getWeight(), b.cast(normal, type)), type)};
}
