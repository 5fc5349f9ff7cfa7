// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What phase `bind` wrote on an op.
#ifndef VEOMNI_KERNELS_BOUNDKERNEL_H
#define VEOMNI_KERNELS_BOUNDKERNEL_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni::kernels {

/// The implementation that `op` is bound to; empty if it is not bound.
inline llvm::StringRef boundKernel(mlir::Operation *op) {
  auto kernel = op->getAttrOfType<mlir::StringAttr>(VeOmniDialect::kKernel);
  return kernel ? kernel.getValue() : llvm::StringRef();
}

/// For remarks: `bound to 'eager'`, `not bound`.
inline std::string describeBinding(mlir::Operation *op) {
  llvm::StringRef kernel = boundKernel(op);
  return kernel.empty() ? "not bound" : "bound to '" + kernel.str() + "'";
}

/// What `from` is bound to goes on with `to`, which takes its place.
inline void keepKernel(mlir::Operation *from, mlir::Operation *to) {
  if (mlir::Attribute kernel = from->getAttr(VeOmniDialect::kKernel))
    to->setAttr(VeOmniDialect::kKernel, kernel);
}

/// For messages about what makes a value: `'veomni.linear'`, `an argument`.
inline std::string nameOfMaker(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  return op ? "'" + op->getName().getStringRef().str() + "'" : "an argument";
}

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_BOUNDKERNEL_H
