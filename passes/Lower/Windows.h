// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The window of weights of each function: which part of the table of weights one instance of it reads, so that one body
// serves every layer.
#ifndef VEOMNI_PASSES_LOWER_WINDOWS_H
#define VEOMNI_PASSES_LOWER_WINDOWS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace veomni::lower {

/// The names of the parameters that `value` is made of; null if it is made of anything else.
mlir::ArrayAttr parameterNames(mlir::Value value);

/// The windows of all functions.
class Windows {
public:
  /// A parameter of a function's own window: its relative name, or the names of those it is concatenated from, its
  /// model type, whether products read it, and the op that asks for it.
  struct Param {
    mlir::ArrayAttr names;
    mlir::RankedTensorType type;
    bool product;
    mlir::Operation *asked;
  };
  /// A function that an op runs, and the path of the instance it runs on.
  struct CallSite {
    mlir::StringAttr path;
    mlir::func::FuncOp callee;

    /// No callee for ops that run no function.
    static CallSite of(mlir::Operation *op);
  };
  /// The window of a function: its own parameters, then the windows of its calls, in order.
  struct Window {
    llvm::SmallVector<Param> own;
    llvm::SmallVector<CallSite> calls;
    int64_t size = 0;
  };

  /// Finds the window of a function, after those of its callees.
  void find(mlir::func::FuncOp function);
  const Window &of(mlir::func::FuncOp function) const { return windows.at(function); }

private:
  llvm::DenseMap<mlir::Operation *, Window> windows;
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_WINDOWS_H
