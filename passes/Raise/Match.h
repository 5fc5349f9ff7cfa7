// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What raising patterns are written with: values read backwards, and one op that may be recognised.
#ifndef VEOMNI_PASSES_RAISE_MATCH_H
#define VEOMNI_PASSES_RAISE_MATCH_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/PatternMatch.h"

#include <array>
#include <optional>

namespace veomni::raise {

using mlir::Value;

//===--- Values ---------------------------------------------------------------------------------------------------===//
// Each gives the operands of the op that makes `value`, or null if another one does or `value` is null.

template <typename Op> Op madeBy(Value value) { return value ? value.getDefiningOp<Op>() : Op(); }

Value unaryOf(Value value, UnaryKind kind);
Value reduceOf(Value value, ReduceKind kind);
Value castOf(Value value);
Value flattened(Value value);
Value unflattened(Value value);
/// Columns [offset, offset + size).
Value sliceOf(Value value, int64_t offset, int64_t size);
/// `square`, or a product with itself.
Value squareOf(Value value);
/// `mean`, or a sum divided by the number of columns.
Value meanOf(Value value);
/// Over the last dim, the greatest element taken out first.
Value softmaxOf(Value value);
Value logSoftmaxOf(Value value);

struct Pair {
  Value first, second;
  explicit operator bool() const { return static_cast<bool>(first); }
};
Pair binaryOf(Value value, BinaryKind kind);
/// In both orders; nothing if the op is another one.
llvm::SmallVector<Pair, 2> eitherWay(Value value, BinaryKind kind);
/// The other factor or summand.
Value otherThan(Value value, BinaryKind kind, Value known);

struct Scalar {
  Value x;
  float value = 0;
  explicit operator bool() const { return static_cast<bool>(x); }
};
Scalar scalarOf(Value value, BinaryKind kind);
/// The operand if the constant is this one.
Value scalarOf(Value value, BinaryKind kind, float constant);
/// x of x * factor, x if there is no constant factor; a division counts as a product.
Scalar scaled(Value value);

mlir::Type elementOf(Value value);
int64_t lastDim(Value value);
/// Whether each row is one run of columns, for ops whose kernels know no others: all dims but the last are dynamic, or
/// none is.
bool hasPlainRows(Value value);
/// What `value` was cast from, or itself.
inline Value uncast(Value value) {
  Value source = castOf(value);
  return source ? source : value;
}
/// `value` in another element type: itself, or the cast that alone uses it; null if there is none.
Value roundedTo(Value value, mlir::Type element);

//===--- Ops ------------------------------------------------------------------------------------------------------===//

/// An op that seems to be there in eager form.
class Candidate {
public:
  /// `name` without the dialect's.
  Candidate(mlir::Operation *root, llvm::StringRef name) : root(root), name(name) {}

  /// Says why it is none after all.
  mlir::LogicalResult missed(const llvm::Twine &reason) const;

  /// Makes the op in place of `ends`, which it computes from `inputs` and `tables`. What the ops in between compute
  /// from inputs must have no other use; what depends on tables alone, like masks, may be shared.
  template <typename Op, typename... Args>
  mlir::LogicalResult raise(mlir::PatternRewriter &rewriter, mlir::ValueRange ends, mlir::ValueRange inputs,
                            mlir::ValueRange tables, Args &&...args) {
    mlir::Operation *place = placeFor(ends, inputs, tables);
    if (!place || failed(ownsAll(ends, inputs, tables)))
      return mlir::failure();
    mlir::OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(place);
    auto op = Op::create(rewriter, root->getLoc(), std::forward<Args>(args)...);
    for (auto [end, result] : llvm::zip_equal(ends, op->getResults()))
      rewriter.replaceAllUsesWith(end, result);
    passed();
    return mlir::success();
  }

private:
  mlir::LogicalResult ownsAll(mlir::ValueRange ends, mlir::ValueRange inputs, mlir::ValueRange tables) const;
  /// The op before which all inputs and tables are there, and no end is used yet; null if there is none.
  mlir::Operation *placeFor(mlir::ValueRange ends, mlir::ValueRange inputs, mlir::ValueRange tables) const;
  void passed() const;

  mlir::Operation *root;
  llvm::StringRef name;
};

} // namespace veomni::raise

#endif // VEOMNI_PASSES_RAISE_MATCH_H
