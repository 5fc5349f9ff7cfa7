// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Refuses programs whose inputs could make a kernel read or write outside of its operands.
#ifndef VEOMNI_PASSES_LOWER_CHECKINDICES_H
#define VEOMNI_PASSES_LOWER_CHECKINDICES_H

#include "veomni/Analysis/Axes.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace veomni::lower {

/// Checks every use of an entry's input as indices, in all functions that entries reach. Reports all that are wrong.
mlir::LogicalResult checkIndices(llvm::ArrayRef<mlir::func::FuncOp> functions,
                                 llvm::ArrayRef<mlir::func::FuncOp> entries, ModuleAxes &axes);

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_CHECKINDICES_H
