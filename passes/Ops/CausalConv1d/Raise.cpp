// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cast(silu(x32 * w[:, K - 1] + shift(x32, 1) * w[:, K - 2] + ... + bias)), found by its last term, that with column 0.
#include "Raise/Raise.h"
#include "Raise/Activation.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// Tokens times a column of a weight.
struct Term {
  Value tokens, weight;
  int64_t column = 0;
};

std::optional<Term> termOf(Value value) {
  for (Pair factors : eitherWay(value, BinaryKind::Mul))
    if (auto flat = madeBy<FlattenOp>(factors.second))
      if (auto column = madeBy<SliceOp>(flat.getX()); column &&
                                                      cast<RankedTensorType>(column.getType()).getRank() == 2 &&
                                                      lastDim(column) == 1 && lastDim(factors.first) == lastDim(flat))
        return Term{factors.first, column.getX(), static_cast<int64_t>(column.getOffset())};
  return std::nullopt;
}

/// The only op that uses `value`, if it is of this kind.
BinaryOp onlyUser(Value value, BinaryKind kind) {
  auto user = value.hasOneUse() ? dyn_cast<BinaryOp>(*value.user_begin()) : BinaryOp();
  return user && user.getKind() == kind ? user : BinaryOp();
}

/// What x * sigmoid(x) makes of `value`; null if that is not done.
Value activated(Value value) {
  for (Operation *user : value.getUsers())
    if (user->getNumResults() == 1 && siluInput(user->getResult(0)) == value)
      return user->getResult(0);
  return {};
}

} // namespace

static LogicalResult raiseCausalConv1d(ShiftTokensOp root, PatternRewriter &rewriter) {
  BinaryOp product = onlyUser(root, BinaryKind::Mul);
  std::optional<Term> last = product ? termOf(product) : std::nullopt;
  if (!last || last->column != 0)
    return failure();

  Candidate candidate(root, "causal_conv1d");
  int64_t taps = lastDim(last->weight);
  Value x = root.getX(), weight = last->weight;
  if (static_cast<int64_t>(root.getBy()) != taps - 1)
    return candidate.missed("column 0 of the weight is not that of the token furthest back");
  if (!elementOf(x).isF32())
    return candidate.missed("arithmetic is not f32");
  BinaryOp sum = onlyUser(product, BinaryKind::Add);
  if (!sum)
    return candidate.missed("the product with column 0 is not a term of a sum alone");
  Value rest = sum;
  for (int64_t by = taps - 1; by >= 0; --by) {
    Pair terms = by > 0 ? binaryOf(rest, BinaryKind::Add) : Pair{Value(), rest};
    std::optional<Term> term = terms.second ? termOf(terms.second) : std::nullopt;
    auto shift = term ? madeBy<ShiftTokensOp>(term->tokens) : ShiftTokensOp();
    bool same = by == 0 ? term && term->tokens == x
                        : shift && shift.getX() == x && shift.getStarts() == root.getStarts() &&
                              static_cast<int64_t>(shift.getBy()) == by;
    if (!same || term->weight != weight || term->column != taps - 1 - by)
      return candidate.missed("the sum is not of all columns of the weight, each times the token so far back");
    rest = terms.first;
  }

  Value end = sum, bias;
  if (BinaryOp biased = onlyUser(end, BinaryKind::Add); biased && biased.getA() == end) {
    auto type = cast<RankedTensorType>(biased.getB().getType());
    if (type.getRank() == 1 && type.getElementType() == elementOf(weight))
      bias = biased.getB(), end = biased;
  }
  GluActivationAttr act;
  if (Value value = activated(end)) {
    act = GluActivationAttr::get(root.getContext(), GluActivation::Silu);
    end = value;
  }
  if (Value source = castOf(x))
    if (Value rounded = roundedTo(end, elementOf(source)))
      x = source, end = rounded;
  SmallVector<Value> tables{weight, root.getStarts()};
  if (bias)
    tables.push_back(bias);
  return candidate.raise<CausalConv1dOp>(rewriter, end, x, tables, end.getType(), x, weight, bias, root.getStarts(),
                                         act);
}

void raise::rooms::CausalConv1d(Raisings &ops) { ops.add(Stage::wholes, raiseCausalConv1d); }
