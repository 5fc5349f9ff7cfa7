// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layer norm in single steps, with the biased variance that PyTorch uses.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, LayerNormOp op) {
  Value x = b.f32(op.getX()), rest = b.sub(x, b.reduce(ReduceKind::Mean, x));
  Value variance = b.reduce(ReduceKind::Mean, b.unary(UnaryKind::Square, rest));
  Value normal = b.mul(rest, b.unary(UnaryKind::Rsqrt, b.add(variance, op.getEps().convertToFloat())));
  return {b.cast(b.add(b.mul(normal, op.getWeight()), op.getBias()), b.element(op.getX()))};
}

void expand::rooms::LayerNorm(Expansions &ops) { ops.add<LayerNormOp>(eagerForm); }
