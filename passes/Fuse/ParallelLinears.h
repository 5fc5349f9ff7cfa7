// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Several linear layers of one input as one product.
#ifndef VEOMNI_PASSES_FUSE_PARALLELLINEARS_H
#define VEOMNI_PASSES_FUSE_PARALLELLINEARS_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/Builders.h"

#include <string>

namespace veomni::fuse {

/// Why the layers cannot be one product; empty if they can.
std::string whyNotTogether(llvm::ArrayRef<LinearOp> linears);

/// The product of their input with their weights one after the other: their results side by side. The layers are left
/// for the caller.
mlir::Value joinLinears(mlir::OpBuilder &builder, llvm::ArrayRef<LinearOp> linears);

} // namespace veomni::fuse

#endif // VEOMNI_PASSES_FUSE_PARALLELLINEARS_H
