// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' load_balancing_loss_func: per place among the top_k, the share of tokens that chose an expert, times
// the expert's mean probability. Layers are summed here and one behind another there.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, LoadBalancingLossOp op) {
  int64_t experts = b.lastDim(op.getLogits().front()), topK = op.getTopK();
  Type f32 = Float32Type::get(op.getContext());
  RankedTensorType mask = b.type(op.getMask());
  SmallVector<int64_t> perToken(mask.getShape());
  perToken.push_back(1);
  Value counts = b.create<NotEqualOp>(RankedTensorType::get(perToken, f32), op.getMask(), 0);
  Value hits, probabilities;
  for (Value logits : op.getLogits()) {
    Value p = b.softmax(logits);
    Value indices = b.topK(p, topK).getIndices();
    Value layerHits = b.sumLeading(b.mul(b.oneHot(indices, experts), b.unflatten(counts, 1, 1)), 2);
    Value layerProbabilities = b.sumLeading(b.mul(p, counts), 1);
    hits = hits ? b.add(hits, layerHits) : layerHits;
    probabilities = probabilities ? b.add(probabilities, layerProbabilities) : layerProbabilities;
  }
  // Without a token that counts the loss is 0.
  Value tokens = b.max(b.mul(b.sumLeading(counts, 0), static_cast<float>(op.getLogits().size())), 1.0f);
  Value shares = b.mul(b.div(hits, tokens), b.div(probabilities, tokens));
  return {b.mul(b.sumLeading(shares, 0), static_cast<float>(experts))};
}

void expand::rooms::LoadBalancingLoss(Expansions &ops) { ops.add<LoadBalancingLossOp>(eagerForm); }
