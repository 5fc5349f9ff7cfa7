// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tokens themselves times the last column of the weight, those before times the column before, and so on.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, CausalConv1dOp op) {
  Value x = b.f32(op.getX()), sum;
  int64_t taps = b.lastDim(op.getWeight());
  for (int64_t by = 0; by < taps; ++by) {
    Value tokens = by == 0 ? x : b.create<ShiftTokensOp>(x, op.getStarts(), by);
    Value term = b.mul(tokens, b.flatten(b.slice(op.getWeight(), taps - 1 - by, 1)));
    sum = by == 0 ? term : b.add(sum, term);
  }
  if (op.getBias())
    sum = b.add(sum, op.getBias());
  if (op.getAct())
    sum = b.activate(*op.getAct(), sum);
  return {b.cast(sum, b.element(op.getX()))};
}

void expand::rooms::CausalConv1d(Expansions &ops) { ops.add<CausalConv1dOp>(eagerForm); }
