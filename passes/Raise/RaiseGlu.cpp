// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cast(act(gate32)) * up.
#include "Raise.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// An activation and what it takes, or why it is none.
struct Activated {
  GluActivation act = GluActivation::Silu;
  Value x;
  StringRef problem;
};

std::optional<Activated> siluOf(Value value) {
  for (Pair factors : eitherWay(value, BinaryKind::Mul))
    if (Value x = unaryOf(factors.second, UnaryKind::Sigmoid))
      return Activated{GluActivation::Silu, x, x == factors.first ? "" : "the sigmoid is of another value than the gate"};
  return std::nullopt;
}

/// x * y / 2, the half in any place: the products that `value` may be.
SmallVector<Pair, 6> halvedProducts(Value value) {
  SmallVector<Pair, 6> products;
  if (Value product = scalarOf(value, BinaryKind::Mul, 0.5f))
    llvm::append_range(products, eitherWay(product, BinaryKind::Mul));
  for (Pair factors : eitherWay(value, BinaryKind::Mul))
    if (Value half = scalarOf(factors.first, BinaryKind::Mul, 0.5f)) {
      products.push_back({half, factors.second});
      products.push_back({factors.second, half});
    }
  return products;
}

/// sqrt(2 / pi) * (x + 0.044715 x³).
bool isTanhArgument(Value value, Value x) {
  Value sum = scalarOf(value, BinaryKind::Mul, float(M_SQRT2 * std::numbers::inv_sqrtpi));
  Value term = otherThan(sum, BinaryKind::Add, x);
  Value cube = scalarOf(term, BinaryKind::Mul, 0.044715f);
  Value square = otherThan(cube, BinaryKind::Mul, x);
  return square && squareOf(square) == x;
}

bool isErfArgument(Value value, Value x) {
  return scalarOf(value, BinaryKind::Mul, float(M_SQRT1_2)) == x || scalarOf(value, BinaryKind::Div, float(M_SQRT2)) == x;
}

std::optional<Activated> geluOf(Value value) {
  for (auto [x, raised] : halvedProducts(value)) {
    Value function = scalarOf(raised, BinaryKind::Add, 1.0f);
    if (!function)
      continue;
    if (Value argument = unaryOf(function, UnaryKind::Erf))
      return Activated{GluActivation::Gelu, x, isErfArgument(argument, x) ? "" : "erf is not of the gate times sqrt(1/2)"};
    if (Value argument = unaryOf(function, UnaryKind::Tanh))
      return Activated{GluActivation::GeluTanh, x,
                       isTanhArgument(argument, x) ? "" : "tanh is not of sqrt(2/pi) * (x + 0.044715 x^3) for the gate x"};
  }
  return std::nullopt;
}

} // namespace

LogicalResult raise::raiseGlu(BinaryOp root, PatternRewriter &rewriter) {
  std::optional<Activated> activated;
  Value activation, up;
  for (Pair factors : eitherWay(root, BinaryKind::Mul)) {
    if (activated)
      break;
    activation = factors.first, up = factors.second;
    activated = siluOf(uncast(activation));
    if (!activated)
      activated = geluOf(uncast(activation));
  }
  if (!activated)
    return failure();

  Candidate candidate(root, "glu");
  if (!activated->problem.empty())
    return candidate.missed(activated->problem);
  if (!elementOf(activated->x).isF32())
    return candidate.missed("the activation's arithmetic is not f32");
  Value gate = elementOf(activation).isF32() ? activated->x : castOf(activated->x);
  if (!gate || gate.getType() != up.getType() || gate.getType() != root.getType())
    return candidate.missed("gate, activation, up and result are not of one type");
  return candidate.raise<GluOp>(rewriter, root.getResult(), {gate, up}, {}, gate, up, activated->act);
}
