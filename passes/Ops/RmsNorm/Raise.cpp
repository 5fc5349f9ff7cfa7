// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// w * cast(x32 * rsqrt(mean(x32²) + eps)), or cast(x32 * rsqrt(...) * (1 + w32)), or x * cast(rsqrt(...)).
#include "Raise/Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {
struct Norm {
  Value x, root; // x * rsqrt(root)
};

std::optional<Norm> normOf(Value value) {
  for (Pair factors : eitherWay(value, BinaryKind::Mul))
    if (Value root = unaryOf(factors.second, UnaryKind::Rsqrt))
      return Norm{factors.first, root};
  return std::nullopt;
}

/// What of: rsqrt(mean(x²) + eps) has x and eps below its root; null if the root is of anything else, as the candidate
/// then says.
Scalar squaredBelow(const Candidate &candidate, Value root) {
  auto missed = [&](const Twine &reason) {
    (void)candidate.missed(reason);
    return Scalar{};
  };
  Scalar shifted = scalarOf(root, BinaryKind::Add);
  if (!shifted || !(shifted.value > 0))
    return missed("no positive epsilon is added to what the root is taken of");
  Value squares = meanOf(shifted.x);
  if (!squares)
    return missed("the root is not of a mean over the last dim and an epsilon");
  if (!squareOf(squares))
    return missed("the mean is not of squares");
  return {squareOf(squares), shifted.value};
}

/// Whether `value`, rounded or not, is a factor of something, as a norm is of its weight.
bool isFactor(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    if (auto cast = dyn_cast<CastOp>(user))
      return isFactor(cast.getResult());
    auto product = dyn_cast<BinaryOp>(user);
    return product && product.getKind() == BinaryKind::Mul;
  });
}
} // namespace

static LogicalResult raiseRmsNorm(BinaryOp root, PatternRewriter &rewriter) {
  Value weight, scaled;
  std::optional<Norm> norm;
  for (Pair factors : eitherWay(root, BinaryKind::Mul))
    if (!norm && (norm = normOf(uncast(factors.second))))
      weight = factors.first, scaled = factors.second;
  if (!norm)
    return failure();

  Candidate candidate(root, "rms_norm");
  Scalar squared = squaredBelow(candidate, norm->root);
  if (!squared)
    return failure();
  if (squared.x != norm->x)
    return candidate.missed("another value is squared than divided");
  if (!elementOf(norm->x).isF32())
    return candidate.missed("arithmetic is not f32");

  // Rounded before the weight (standard), or at the end.
  auto variant = NormVariant::Standard;
  Value x = norm->x, end = root;
  Type element = elementOf(scaled);
  if (Value offset = scalarOf(weight, BinaryKind::Add, 1.0f); offset && scaled == uncast(scaled)) {
    variant = NormVariant::OnePlus;
    weight = uncast(offset);
    if (Value source = castOf(x))
      element = elementOf(source);
  }
  if (!element.isF32()) {
    if (!castOf(x) || elementOf(castOf(x)) != element)
      return candidate.missed("the norm is rounded to another type than that of x");
    Value rounded = roundedTo(root, element);
    if (variant == NormVariant::OnePlus && !rounded) {
      element = elementOf(x); // of the cast
    } else {
      x = castOf(x);
      end = rounded;
    }
  }
  if (!end || end.getType() != x.getType())
    return candidate.missed("the result does not have the type of x");
  auto type = cast<RankedTensorType>(weight.getType());
  if (type.getRank() != 1 || type.getDimSize(0) != lastDim(x))
    return candidate.missed("the weight is not one number per column");
  return candidate.raise<RmsNormOp>(rewriter, end, x, weight, x, weight, llvm::APFloat(squared.value), variant);
}

static LogicalResult raiseUnweightedRmsNorm(BinaryOp root, PatternRewriter &rewriter) {
  Value x, inverse, below;
  for (Pair factors : eitherWay(root, BinaryKind::Mul))
    if (Value value = unaryOf(uncast(factors.second), UnaryKind::Rsqrt))
      x = factors.first, inverse = factors.second, below = value;
  // One with a weight, or nearly: why it is none was said.
  if (!below || isFactor(root))
    return failure();
  Candidate candidate(root, "rms_norm");
  Scalar squared = squaredBelow(candidate, below);
  if (!squared)
    return failure();
  if (!elementOf(squared.x).isF32())
    return candidate.missed("arithmetic is not f32");
  if ((elementOf(x).isF32() ? squared.x : castOf(squared.x)) != x)
    return candidate.missed("another value is squared than divided");
  if (elementOf(inverse) != elementOf(x))
    return candidate.missed("the factor is not rounded to the type of x");
  return candidate.raise<RmsNormOp>(rewriter, root.getResult(), x, {}, x, Value(), llvm::APFloat(squared.value),
                                    NormVariant::Unweighted);
}

void raise::rooms::RmsNorm(Raisings &ops) {
  ops.add(Stage::wholes, raiseRmsNorm);
  ops.add(Stage::remains, raiseUnweightedRmsNorm);
}
