// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// -log_softmax(logits32)[label], and which labels are not ignored.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

/// What tells that labels are not `ignored`, token by token; null if nothing does.
static Value countsOf(Value labels, int64_t ignored, Type perToken) {
  for (Operation *user : labels.getUsers())
    if (auto counts = dyn_cast<NotEqualOp>(user);
        counts && static_cast<int64_t>(counts.getValue()) == ignored && counts.getType() == perToken)
      return counts;
  return {};
}

static LogicalResult raiseCrossEntropy(UnaryOp root, PatternRewriter &rewriter) {
  auto picked = madeBy<GatherLabelOp>(unaryOf(root, UnaryKind::Neg));
  if (!picked)
    return failure();

  Candidate candidate(root, "cross_entropy");
  Value logits = logSoftmaxOf(picked.getX()), labels = picked.getLabels();
  if (!logits)
    return candidate.missed("what the labels pick from is not a log-softmax that takes the greatest logit out first");
  if (cast<RankedTensorType>(logits.getType()).getRank() != 3)
    return candidate.missed("logits are not [batch, seq, vocab]");
  int64_t ignored = picked.getIgnoreIndex();
  Value counts = countsOf(labels, ignored, root.getType());
  if (!counts)
    return candidate.missed("nothing tells which of the labels are not ignored");
  logits = uncast(logits);
  return candidate.raise<CrossEntropyOp>(rewriter, {root.getResult(), counts}, logits, labels, root.getType(),
                                         root.getType(), logits, labels, ignored);
}

// After the mean, which brings the sign to the tokens.
void raise::rooms::CrossEntropy(Raisings &ops) { ops.add(Stage::parts, raiseCrossEntropy); }
