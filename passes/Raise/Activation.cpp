// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The activations of gated units in the spellings that eager graphs have for them.
#include "Activation.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// x * sigmoid(x), or x * sigmoid(alpha * x).
std::optional<Activated> siluOf(Value value) {
  for (Pair factors : eitherWay(value, BinaryKind::Mul)) {
    Value argument = unaryOf(factors.second, UnaryKind::Sigmoid);
    if (!argument)
      continue;
    if (Scalar product = scalarOf(argument, BinaryKind::Mul); product.x == factors.first)
      return Activated{GluActivation::Silu, product.x, product.value};
    return Activated{GluActivation::Silu, argument, 1.0f,
                     argument == factors.first ? "" : "the sigmoid is of another value than the gate"};
  }
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
  return scalarOf(value, BinaryKind::Mul, float(M_SQRT1_2)) == x ||
         scalarOf(value, BinaryKind::Div, float(M_SQRT2)) == x;
}

std::optional<Activated> geluOf(Value value) {
  for (auto [x, raised] : halvedProducts(value)) {
    Value function = scalarOf(raised, BinaryKind::Add, 1.0f);
    if (!function)
      continue;
    if (Value argument = unaryOf(function, UnaryKind::Erf))
      return Activated{GluActivation::Gelu, x, 1.0f,
                       isErfArgument(argument, x) ? "" : "erf is not of the gate times sqrt(1/2)"};
    if (Value argument = unaryOf(function, UnaryKind::Tanh))
      return Activated{GluActivation::GeluTanh, x, 1.0f,
                       isTanhArgument(argument, x) ? ""
                                                   : "tanh is not of sqrt(2/pi) * (x + 0.044715 x^3) for the gate x"};
  }
  return std::nullopt;
}

} // namespace

std::optional<Activated> raise::activationOf(Value value) {
  std::optional<Activated> silu = siluOf(value);
  return silu ? silu : geluOf(value);
}

Value raise::siluInput(Value value) {
  std::optional<Activated> silu = siluOf(value);
  return silu && silu->alpha == 1 && silu->problem.empty() ? silu->x : Value();
}
