// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Refuses programs whose inputs could make a kernel read or write outside of its operands: numbers that a caller gives
// and a kernel takes for indices. The input must say what they may be, since the runtime checks no more than that. An
// index that an op of the model makes (a router's experts, a sort's routes) is right by construction.
#ifndef VEOMNI_PASSES_LOWER_CHECKINDICES_H
#define VEOMNI_PASSES_LOWER_CHECKINDICES_H

#include "veomni/Analysis/Axes.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace veomni::lower {

/// What the rooms of ops check their indices with.
class IndexCheck {
public:
  IndexCheck(llvm::ArrayRef<mlir::func::FuncOp> functions, llvm::ArrayRef<mlir::func::FuncOp> entries,
             ModuleAxes &axes);

  /// The product of `count` dims of a value from `first` on, in axes of the entry; nothing in functions that are none,
  /// whose axes may be any of an entry.
  std::optional<SizePolynomial> dims(mlir::Value value, int64_t first, int64_t count) const;
  /// The rows of a value, all its dims but the last, times `factor`, plus `more`.
  std::optional<SizePolynomial> rows(mlir::Value value, int64_t factor = 1, int64_t more = 0) const;

  /// Checks that elements of an operand are at least 0 and less than a size. Elements that no input is are.
  mlir::LogicalResult within(mlir::Operation *op, unsigned operand, int64_t size) const {
    return within(op, operand, SizePolynomial::constant(size));
  }
  mlir::LogicalResult within(mlir::Operation *op, unsigned operand, const std::optional<SizePolynomial> &bound) const;
  mlir::LogicalResult atLeast0(mlir::Operation *op, unsigned operand) const;
  /// The starts of documents are places among `tokens` [batch, tokens].
  mlir::LogicalResult starts(mlir::Operation *op, mlir::Value starts, mlir::Value tokens) const {
    return places(op, starts, tokens, /*more=*/0);
  }
  /// Their ends are such places or the one behind the last.
  mlir::LogicalResult ends(mlir::Operation *op, mlir::Value ends, mlir::Value tokens) const {
    return places(op, ends, tokens, /*more=*/1);
  }

private:
  mlir::LogicalResult places(mlir::Operation *op, mlir::Value places, mlir::Value tokens, int64_t more) const;
  /// The arguments of entries that `value` is, unchanged but for its shape.
  llvm::SetVector<mlir::BlockArgument> originsOf(mlir::Value value) const;
  void trace(mlir::Value value, llvm::SetVector<mlir::BlockArgument> &found, llvm::DenseSet<mlir::Value> &seen) const;

  llvm::ArrayRef<mlir::func::FuncOp> entries;
  ModuleAxes &axes;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<CallOp>> callers;
};

/// Checks every use of an entry's input as indices, in all functions that entries reach. Reports all that are wrong.
mlir::LogicalResult checkIndices(llvm::ArrayRef<mlir::func::FuncOp> functions,
                                 llvm::ArrayRef<mlir::func::FuncOp> entries, ModuleAxes &axes);

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_CHECKINDICES_H
