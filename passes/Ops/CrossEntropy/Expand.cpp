// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Log-softmax in f32, the label's entry of it, and which labels are not ignored.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, CrossEntropyOp op) {
  int64_t ignored = op.getIgnoreIndex();
  Type perToken = op.getLosses().getType();
  Value picked = b.create<GatherLabelOp>(perToken, b.logSoftmax(op.getLogits()), op.getLabels(), ignored);
  return {b.unary(UnaryKind::Neg, picked), b.create<NotEqualOp>(perToken, op.getLabels(), ignored)};
}

void expand::rooms::CrossEntropy(Expansions &ops) { ops.add<CrossEntropyOp>(eagerForm); }
