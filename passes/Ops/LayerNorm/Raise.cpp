// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A root-mean-square norm of x - mean(x), and a bias.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

static LogicalResult raiseLayerNorm(BinaryOp root, PatternRewriter &rewriter) {
  RmsNormOp norm;
  Value x, bias;
  for (Pair terms : eitherWay(root, BinaryKind::Add))
    if (auto found = madeBy<RmsNormOp>(terms.first))
      if (Pair difference = binaryOf(found.getX(), BinaryKind::Sub);
          difference && meanOf(difference.second) == difference.first)
        norm = found, x = difference.first, bias = terms.second;
  if (!norm)
    return failure();
  Candidate candidate(root, "layer_norm");
  Value weight = norm.getWeight();
  if (norm.getVariant() != NormVariant::Standard)
    return candidate.missed("1 is added to the weight");
  if (!elementOf(x).isF32())
    return candidate.missed("arithmetic is not f32");
  if (bias.getType() != weight.getType())
    return candidate.missed("the bias is not like the weight");
  // Rounded to the type that x was cast from, if it was.
  Value end = root;
  if (Value source = castOf(x))
    if (Value rounded = roundedTo(root, elementOf(source)))
      x = source, end = rounded;
  return candidate.raise<LayerNormOp>(rewriter, end, x, {weight, bias}, x, weight, bias, norm.getEps());
}

void raise::rooms::LayerNorm(Raisings &ops) { ops.add(Stage::parts, raiseLayerNorm); }
