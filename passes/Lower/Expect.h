// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the lowerings of ops ask of their operands: what kernels cannot do is an error at the op, not a program that
// computes something else.
#ifndef VEOMNI_PASSES_LOWER_EXPECT_H
#define VEOMNI_PASSES_LOWER_EXPECT_H

#include "FunctionLowering.h"

namespace veomni::lower {

/// What phase bind chose is there, and a rewrite that it asks for was made: there is no falling back to another kernel.
mlir::LogicalResult expectBoundKernel(mlir::Operation *op);

/// Kernels over sequences take the sizes of batch and seq from dynamic dims; static ones would count as dims of a row.
mlir::LogicalResult expectDynamicTokens(mlir::Operation *op);

/// Routes of tokens are counted over all of their dims, which must be dynamic.
mlir::LogicalResult expectDynamicRoutes(mlir::Operation *op, mlir::Value tokens);

/// Kernels that know one run of columns per row (or heads of columns) would leave out what else lies in it: every dim
/// of the first operand before the last `inRow` must be dynamic.
mlir::LogicalResult expectPlainRows(mlir::Operation *op, int64_t inRow);

/// Reports that a kernel reads `what` from the checkpoint only.
mlir::LogicalResult noParameter(mlir::Operation *op, llvm::StringRef what);

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_EXPECT_H
