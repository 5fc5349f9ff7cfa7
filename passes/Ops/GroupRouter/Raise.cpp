// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scores at the greatest biased scores, of the best groups or of all, divided by their sum or not, times a number.
#include "Raise/Raise.h"

#include <cfloat>
#include <set>

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// The op that alone takes `value`.
template <typename Op> Op onlyUser(Value value) { return value.hasOneUse() ? dyn_cast<Op>(*value.user_begin()) : Op(); }

/// All experts' keys of those that only the best groups keep.
struct Limited {
  Value keys;
  int64_t groups = 0, perToken = 0;
};

/// How often each group is named, of the runs of one-hot rows side by side.
Value sumOfRuns(Value sum, int64_t groups, int64_t &runs) {
  SmallVector<Value> open{sum};
  Value rows;
  std::set<int64_t> offsets;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (Pair pair = binaryOf(value, BinaryKind::Add)) {
      open.append({pair.first, pair.second});
      continue;
    }
    auto run = madeBy<SliceOp>(value);
    if (!run || lastDim(run) != groups || run.getOffset() % groups != 0 || (rows && run.getX() != rows) ||
        !offsets.insert(run.getOffset()).second)
      return {};
    rows = run.getX();
  }
  runs = offsets.size();
  return rows && lastDim(rows) == runs * groups ? flattened(rows) : Value();
}

std::optional<Limited> limitedOf(Value value) {
  for (Pair pair : eitherWay(flattened(value), BinaryKind::Min)) {
    Value grouped = pair.first, keys = unflattened(grouped);
    Value named = scalarOf(scalarOf(unflattened(pair.second), BinaryKind::Mul, FLT_MAX), BinaryKind::Add, -0.5f);
    if (!keys || !named)
      continue;
    int64_t groups = lastDim(keys) / lastDim(grouped), perToken = 0;
    auto hot = madeBy<OneHotOp>(sumOfRuns(named, groups, perToken));
    auto best = hot ? madeBy<TopKOp>(hot.getIndices()) : TopKOp();
    auto two = best ? madeBy<TopKOp>(reduceOf(flattened(best.getX()), ReduceKind::Sum)) : TopKOp();
    if (two && two.getX() == grouped && lastDim(two.getValues()) == 2)
      return Limited{keys, groups, perToken};
  }
  return std::nullopt;
}

} // namespace

static LogicalResult raiseGroupRouter(TopKOp root, PatternRewriter &rewriter) {
  // Backwards from what is chosen from.
  std::optional<Limited> limited = limitedOf(root.getX());
  Limited from = limited ? *limited : Limited{root.getX(), 1, 1};
  Value scores, bias;
  for (Pair terms : eitherWay(from.keys, BinaryKind::Add))
    if (unaryOf(terms.first, UnaryKind::Sigmoid))
      scores = terms.first, bias = terms.second;
  if (!scores)
    return failure();
  Candidate candidate(root, "group_router");
  if (!root.getValues().use_empty())
    return candidate.missed("the weights are not the scores without the bias");
  if (!hasPlainRows(scores))
    return candidate.missed("the logits are in more than one run of a row");
  int64_t experts = lastDim(scores);
  if (bias.getType() != RankedTensorType::get({experts}, rewriter.getF32Type()))
    return candidate.missed("the bias is not one f32 number per expert");

  // Forwards to the weights.
  OneHotOp hot;
  for (Operation *user : root.getIndices().getUsers())
    if (auto found = dyn_cast<OneHotOp>(user))
      hot = found;
  auto picked = hot ? onlyUser<BinaryOp>(hot) : BinaryOp();
  if (!picked || unflattened(otherThan(picked, BinaryKind::Mul, hot)) != scores)
    return candidate.missed("the weights are not the scores of the chosen experts");
  auto sum = onlyUser<ReduceOp>(picked);
  auto flat = sum && sum.getKind() == ReduceKind::Sum ? onlyUser<FlattenOp>(sum) : FlattenOp();
  if (!flat)
    return candidate.missed("the weights are not the scores of the chosen experts");
  Value weights = flat;
  bool renormalize = false;
  for (Operation *user : flat->getUsers()) {
    auto quotient = dyn_cast<BinaryOp>(user);
    Pair share = quotient ? binaryOf(quotient, BinaryKind::Div) : Pair{};
    if (share && share.first == weights &&
        reduceOf(scalarOf(share.second, BinaryKind::Add, 1e-20f), ReduceKind::Sum) == weights) {
      weights = quotient, renormalize = true;
      break;
    }
  }
  float scale = 1;
  if (auto product = onlyUser<BinaryScalarOp>(weights))
    if (Scalar scaled = scalarOf(product, BinaryKind::Mul))
      weights = product, scale = scaled.value;
  Value logits = uncast(unaryOf(scores, UnaryKind::Sigmoid));
  return candidate.raise<GroupRouterOp>(rewriter, {root.getIndices(), weights}, logits, bias,
                                        root.getIndices().getType(), weights.getType(), logits, bias, from.groups,
                                        from.perToken, lastDim(root.getIndices()), renormalize, llvm::APFloat(scale));
}

void raise::rooms::GroupRouter(Raisings &ops) { ops.add(Stage::wholes, raiseGroupRouter); }
