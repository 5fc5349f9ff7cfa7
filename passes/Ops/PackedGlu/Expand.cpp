// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gate and up apart, then limit, activation, shift and product in f32; the activation is rounded where separate modules
// would.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;
using expand::EagerBuilder;

/// x[..., offset::2].
static Value everyOther(EagerBuilder &b, Value x, int64_t offset) {
  return b.flatten(b.slice(b.unflatten(x, b.lastDim(x) / 2, 2), offset, 1));
}

static expand::Values eagerForm(expand::EagerBuilder &b, PackedGluOp op) {
  Value x = op.getX(), gate, up;
  int64_t columns = b.lastDim(op.getResult());
  if (op.getLayout() == GluLayout::Interleaved)
    gate = everyOther(b, x, 0), up = everyOther(b, x, 1);
  else
    gate = b.slice(x, 0, columns), up = b.slice(x, columns, columns);
  if (!op.getLimit() && !op.getAlpha() && !op.getUpShift())
    return {b.glu(op.getAct(), gate, up)};

  gate = b.f32(gate), up = b.f32(up);
  if (op.getLimit()) {
    float limit = op.getLimit()->convertToFloat();
    gate = b.min(gate, limit), up = b.min(b.max(up, -limit), limit);
  }
  Value activation = b.activate(op.getAct(), gate, op.getAlpha() ? op.getAlpha()->convertToFloat() : 1.0f);
  if (op.getUpShift())
    up = b.add(up, op.getUpShift()->convertToFloat());
  Type type = b.element(x);
  return {b.cast(b.mul(b.cast(activation, type), up), type)};
}

void expand::rooms::PackedGlu(Expansions &ops) { ops.add<PackedGluOp>(eagerForm); }
