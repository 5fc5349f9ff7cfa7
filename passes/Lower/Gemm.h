// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products with weights, which several ops are: linear layers, experts in a loop, grouped experts.
#ifndef VEOMNI_PASSES_LOWER_GEMM_H
#define VEOMNI_PASSES_LOWER_GEMM_H

#include "FunctionLowering.h"

namespace veomni::lower {

/// A matrix product with packed weights.
struct GemmCall {
  mlir::Value x, weight, bias, out;
  /// The kernel kind: `gemm`, or that of one or of all experts.
  llvm::StringRef kind = "gemm";
  /// What only some kinds have, in the order of the kernel's operands.
  llvm::SmallVector<mlir::NamedAttribute> config = {};
  llvm::SmallVector<mlir::Value> tables = {};
  llvm::SmallVector<rt::ExtentAttr> given = {};

  /// Emits it as the implementation that `op` is bound to.
  mlir::LogicalResult dispatch(FunctionLowering &lowering, mlir::Operation *op) const;
};

/// Whether a product is to take dot products of bf16.
bool boundToBf16Dot(mlir::Operation *op);

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_GEMM_H
