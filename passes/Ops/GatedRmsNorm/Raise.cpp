// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cast(rms_norm(x) * silu(gate32)), of a norm that is recognised already.
#include "Raise/Raise.h"
#include "Raise/Activation.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

static LogicalResult raiseGatedRmsNorm(BinaryOp root, PatternRewriter &rewriter) {
  RmsNormOp norm;
  Value gate;
  for (Pair factors : eitherWay(root, BinaryKind::Mul))
    if (auto found = madeBy<RmsNormOp>(factors.first); found && !norm && (gate = siluInput(factors.second)))
      norm = found;
  if (!norm)
    return failure();

  Candidate candidate(root, "gated_rms_norm");
  if (norm.getVariant() != NormVariant::Standard)
    return candidate.missed("the norm is not a standard one");
  if (!elementOf(gate).isF32())
    return candidate.missed("the gate's arithmetic is not f32");
  Type element = elementOf(norm);
  Value end = roundedTo(root, element);
  if (!element.isF32())
    gate = castOf(gate);
  if (!end || !gate || gate.getType() != norm.getType() || end.getType() != norm.getType())
    return candidate.missed("x, gate and result are not of one type");
  if (!element.isF32() && elementOf(norm.getWeight()) != element)
    return candidate.missed("the weight has another type than x");
  return candidate.raise<GatedRmsNormOp>(rewriter, end, {norm.getX(), gate}, norm.getWeight(), norm.getX(), gate,
                                         norm.getWeight(), norm.getEps());
}

void raise::rooms::GatedRmsNorm(Raisings &ops) { ops.add(Stage::wholes, raiseGatedRmsNorm); }
