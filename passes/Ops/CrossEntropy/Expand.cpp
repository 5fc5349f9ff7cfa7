// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' ForCausalLMLoss: upcast, shift, log-softmax, and the mean over the labels that count.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, CrossEntropyOp op) {
  int64_t ignored = op.getIgnoreIndex();
  Value labels = op.getLabels();
  if (op.getShift())
    labels = b.create<ShiftLabelsOp>(labels, ignored);
  Value logP = b.logSoftmax(op.getLogits());
  RankedTensorType perToken = b.withTail(logP, 1, 1);
  Value picked = b.create<GatherLabelOp>(perToken, logP, labels, ignored),
        counts = b.create<NotEqualOp>(perToken, labels, ignored);
  return {b.unary(UnaryKind::Neg, b.div(b.sumLeading(picked, 0), b.sumLeading(counts, 0)))};
}

void expand::rooms::CrossEntropy(Expansions &ops) { ops.add<CrossEntropyOp>(eagerForm); }
