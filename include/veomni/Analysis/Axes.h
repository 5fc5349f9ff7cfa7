// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How large every dim of every value is, in terms of the axes that functions name (`veomni.axes`). Binding, fusing,
// sharding and lowering all need to know which dims are the tokens, the keys or the routes of a value; the factor rules
// of the ops say it, so that nothing has to be guessed from ranks.
#ifndef VEOMNI_ANALYSIS_AXES_H
#define VEOMNI_ANALYSIS_AXES_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

#include <functional>
#include <memory>

namespace veomni {

/// What a callee calls its axes -> how large they are at one call, in the caller's axes. Names of axes are a function's
/// own, like those of its arguments: one function may run over `[batch, seq]` here and over `[patches]` there, as long
/// as equal names are equal sizes.
using AxisBinding = llvm::MapVector<mlir::StringAttr, AxisExtent>;

/// An extent in a callee's axes, in those of its caller. A part that no port has, since an op of the callee makes it,
/// is the part of what its whole is bound to.
AxisExtent inCaller(const AxisExtent &extent, const AxisBinding &binding);

/// The axes of one function.
class FunctionAxes {
public:
  /// The extents of a tensor's dims, in the function's axes; empty for values of other types.
  llvm::ArrayRef<AxisExtent> of(mlir::Value value) const;
  AxisExtent of(mlir::Value value, unsigned dim) const { return of(value)[dim]; }
  /// The extents of the function's results, in its axes.
  llvm::ArrayRef<llvm::SmallVector<AxisExtent>> results() const { return results_; }
  /// The names of its arguments' axes, in order of their first use.
  llvm::ArrayRef<mlir::StringAttr> axes() const { return axes_; }
  /// What the function calls dims that its ops make, the results' names first.
  llvm::ArrayRef<MadeAxis> made() const { return made_; }

private:
  friend class ModuleAxes;

  llvm::DenseMap<mlir::Value, llvm::SmallVector<AxisExtent>> extents_;
  llvm::SmallVector<llvm::SmallVector<AxisExtent>> results_;
  llvm::SmallVector<mlir::StringAttr> axes_;
  llvm::SmallVector<MadeAxis> made_;
};

/// The axes of the functions of a module, found when they are asked for. Functions must not change in between.
class ModuleAxes {
public:
  /// What may be done about a collective that gathers a dim of which ranks have no parts: `op` is given the extents of
  /// an operand of it, and may change so that it gathers another one; false where it is left.
  using Repair = std::function<bool(CollectiveOpInterface op, llvm::ArrayRef<AxisExtent> extents)>;
  explicit ModuleAxes(Repair repair = nullptr) : repair_(std::move(repair)) {}

  /// The axes of a function and of all that it calls. Fails with a diagnostic where an op's operands do not fit its
  /// rule, a dim has no name, a call gives one name two sizes, or a function calls itself.
  mlir::FailureOr<const FunctionAxes *> of(mlir::func::FuncOp function);

  /// What `op`, which runs a function from one with these axes, makes of its callee's axes. The rows that one expert of
  /// a loop gets are at most all tokens; those that a rank receives are unknown before they are counted.
  static mlir::FailureOr<AxisBinding> bind(mlir::Operation *op, const FunctionAxes &caller);

private:
  class Inference;

  Repair repair_;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<FunctionAxes>> known_;
  llvm::SmallPtrSet<mlir::Operation *, 8> active_, failed_;
};

/// The function that `op` runs if it is a call, a loop over experts or a dispatch to them, else null.
mlir::func::FuncOp calledFunction(mlir::Operation *op);

} // namespace veomni

#endif // VEOMNI_ANALYSIS_AXES_H
