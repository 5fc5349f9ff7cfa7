// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// experts * sum(hits / tokens * probabilities / tokens), where hits and probabilities are summed over layers and over
// tokens that count.
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// The summands of nested additions, in order.
void summands(Value value, SmallVectorImpl<Value> &found) {
  if (Pair pair = binaryOf(value, BinaryKind::Add)) {
    summands(pair.first, found);
    summands(pair.second, found);
  } else {
    found.push_back(value);
  }
}

/// x of the sum over all tokens of x times their count; null if it is something else.
Value countedSum(Value value, function_ref<bool(Value)> isCounts) {
  auto sum = madeBy<SumLeadingOp>(value);
  if (sum)
    for (Pair factors : eitherWay(sum.getX(), BinaryKind::Mul))
      if (isCounts(factors.second))
        return factors.first;
  return {};
}

} // namespace

static LogicalResult raiseLoadBalancingLoss(BinaryScalarOp root, PatternRewriter &rewriter) {
  Scalar loss = scalarOf(root, BinaryKind::Mul);
  auto total = madeBy<SumLeadingOp>(loss.x);
  Pair shares = total ? binaryOf(total.getX(), BinaryKind::Mul) : Pair{};
  Pair hits = shares ? binaryOf(shares.first, BinaryKind::Div) : Pair{};
  Pair probabilities = shares ? binaryOf(shares.second, BinaryKind::Div) : Pair{};
  if (!hits || !probabilities)
    return failure();
  SmallVector<Value> hitsOfLayers, probabilitiesOfLayers;
  summands(hits.first, hitsOfLayers);
  summands(probabilities.first, probabilitiesOfLayers);

  // Which tokens count, said by the divisor: max(sum(counts) * layers, 1).
  Value divisor = scalarOf(hits.second, BinaryKind::Max, 1.0f);
  Scalar tokens = divisor ? scaled(divisor) : Scalar{};
  auto counted = madeBy<SumLeadingOp>(tokens.x);
  auto counts = counted ? madeBy<NotEqualOp>(counted.getX()) : NotEqualOp();
  if (!counts)
    return failure();

  Candidate candidate(root, "load_balancing_loss");
  if (hits.second != probabilities.second)
    return candidate.missed("hits and probabilities are divided by different numbers");
  if (counts.getValue() != 0)
    return candidate.missed("tokens count by another rule than a mask that is not 0");
  if (tokens.value != hitsOfLayers.size() || hitsOfLayers.size() != probabilitiesOfLayers.size())
    return candidate.missed("the number of tokens is not that of all layers");
  SmallVector<Value> logits;
  std::optional<int64_t> topK;
  for (auto [layerHits, layerProbabilities] : llvm::zip(hitsOfLayers, probabilitiesOfLayers)) {
    Value p = countedSum(layerProbabilities, [&](Value value) { return value == counts; });
    Value source = softmaxOf(p);
    if (!source)
      return candidate.missed("probabilities are not a softmax, summed over the tokens that count");
    Value chosen = countedSum(layerHits, [&](Value value) {
      auto wide = madeBy<UnflattenOp>(value);
      return wide && wide.getX() == counts;
    });
    auto hot = madeBy<OneHotOp>(chosen);
    auto top = hot ? madeBy<TopKOp>(hot.getIndices()) : TopKOp();
    if (!top || hot.getIndices() != top.getIndices() || top.getX() != p || lastDim(hot) != lastDim(p))
      return candidate.missed(
          "hits are not the greatest of a layer's probabilities, summed over the tokens that count");
    if (topK.value_or(lastDim(top.getIndices())) != lastDim(top.getIndices()))
      return candidate.missed("layers choose different numbers of experts");
    topK = lastDim(top.getIndices());
    logits.push_back(uncast(source));
  }
  if (loss.value != lastDim(logits.front()))
    return candidate.missed("the factor is not the number of experts");
  if (cast<RankedTensorType>(root.getType()).getRank() != 0 || !llvm::all_equal(ValueRange(logits).getTypes()) ||
      cast<RankedTensorType>(logits.front().getType()).getRank() != 3)
    return candidate.missed("logits are not of one type [batch, seq, experts], or the result is no scalar");
  return candidate.raise<LoadBalancingLossOp>(rewriter, root.getResult(), logits, counts.getTokens(), root.getType(),
                                              logits, counts.getTokens(), *topK);
}

void raise::rooms::LoadBalancingLoss(Raisings &ops) { ops.add(Stage::wholes, raiseLoadBalancingLoss); }
