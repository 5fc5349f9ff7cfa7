// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How large a dim is, when that is known only at run time: a sum of products of named axes, such as `batch * seq * 2`.
// Two dims are equal at run time whenever their extents are equal here, since equal sums have one form.
#ifndef VEOMNI_DIALECT_VEOMNI_AXISEXTENT_H
#define VEOMNI_DIALECT_VEOMNI_AXISEXTENT_H

#include "veomni/Dialect/SizePolynomial.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>
#include <string>

namespace veomni {

class AxisExtent {
public:
  /// The size 0.
  AxisExtent() = default;
  /// A size that is known.
  explicit AxisExtent(int64_t size) : sum_(SizePolynomial::constant(size)) {}
  /// What equals no extent: a size that nothing tells.
  static AxisExtent unknown();
  /// The size of a named axis.
  explicit AxisExtent(mlir::StringAttr axis) : sum_(SizePolynomial::symbol(axis)) {}

  /// Numbers that do not fit give an extent that is not valid and equals no other, itself included.
  AxisExtent operator+(const AxisExtent &other) const;
  AxisExtent operator*(const AxisExtent &other) const;
  bool operator==(const AxisExtent &other) const { return sum_ && other.sum_ && *sum_ == *other.sum_; }
  bool operator!=(const AxisExtent &other) const { return !(*this == other); }

  bool valid() const { return sum_.has_value(); }
  /// The sum of products. Only of a valid extent.
  const SizePolynomial &sum() const { return *sum_; }
  /// The size, if no axis is in it.
  std::optional<int64_t> constant() const { return sum_ ? sum_->constant() : std::nullopt; }
  /// The axis, if it is nothing but one.
  mlir::StringAttr axis() const;
  /// Whether the axis is part of it.
  bool contains(mlir::StringAttr axis) const;
  /// Every axis replaced by what `extentOf` says.
  AxisExtent substitute(llvm::function_ref<AxisExtent(mlir::StringAttr)> extentOf) const;
  /// What one rank has of it if it is split over an axis of the mesh with so many ranks: of an axis `seq` its part,
  /// `seq@sp`, of a size that divides the quotient, of anything else nothing.
  std::optional<AxisExtent> part(llvm::StringRef meshAxis, int64_t ranks) const;
  /// What it is a part of: the reverse.
  std::optional<AxisExtent> whole(llvm::StringRef meshAxis, int64_t ranks) const;
  /// `batch * seq * 2`, `past + seq`, `64`.
  std::string str() const;

private:
  std::optional<SizePolynomial> sum_ = SizePolynomial();
};

/// The name of an axis's part over an axis of the mesh: "seq@sp".
mlir::StringAttr partOfAxis(mlir::StringAttr axis, llvm::StringRef meshAxis);
/// The reverse: the axis and the axis of the mesh; no axis where the name is that of no part.
std::pair<mlir::StringAttr, llvm::StringRef> wholeOfAxis(mlir::StringAttr part);

/// A dim that an op makes, whose size no operand has: what to call it, and how large it is.
struct MadeAxis {
  std::string name;
  AxisExtent extent;
};

/// The extent of a dim of a value.
using ExtentOfDim = llvm::function_ref<AxisExtent(mlir::Value, unsigned)>;

} // namespace veomni

#endif // VEOMNI_DIALECT_VEOMNI_AXISEXTENT_H
