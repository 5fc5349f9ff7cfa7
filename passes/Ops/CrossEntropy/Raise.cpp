// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// -sum(log_softmax(logits32)[label]) / count, over the labels that count.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

static LogicalResult raiseCrossEntropy(UnaryOp root, PatternRewriter &rewriter) {
  Value quotient = unaryOf(root, UnaryKind::Neg);
  Pair mean = binaryOf(quotient, BinaryKind::Div);
  auto sum = madeBy<SumLeadingOp>(mean.first);
  auto picked = sum ? madeBy<GatherLabelOp>(sum.getX()) : GatherLabelOp();
  if (!picked)
    return failure();

  Candidate candidate(root, "cross_entropy");
  if (cast<RankedTensorType>(root.getType()).getRank() != 0)
    return candidate.missed("the result is not a scalar");
  Value logits = logSoftmaxOf(picked.getX()), labels = picked.getLabels();
  if (!logits)
    return candidate.missed("what the labels pick from is not a log-softmax that takes the greatest logit out first");
  int64_t ignored = picked.getIgnoreIndex();
  auto counted = madeBy<SumLeadingOp>(mean.second);
  auto counts = counted ? madeBy<NotEqualOp>(counted.getX()) : NotEqualOp();
  if (!counts || counts.getTokens() != labels || static_cast<int64_t>(counts.getValue()) != ignored)
    return candidate.missed("the sum is not divided by the number of labels that are not ignored");
  auto shift = madeBy<ShiftLabelsOp>(labels);
  if (shift && static_cast<int64_t>(shift.getFill()) != ignored)
    return candidate.missed("the last label of a row is shifted in, but not ignored");
  if (shift)
    labels = shift.getLabels();
  if (cast<RankedTensorType>(logits.getType()).getRank() != 3)
    return candidate.missed("logits are not [batch, seq, vocab]");
  logits = uncast(logits);
  return candidate.raise<CrossEntropyOp>(rewriter, root.getResult(), logits, labels, root.getType(), logits, labels,
                                         ignored, static_cast<bool>(shift));
}

void raise::rooms::CrossEntropy(Raisings &ops) { ops.add(Stage::wholes, raiseCrossEntropy); }
