// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How passes reach the kernel registry of their context.
#ifndef VEOMNI_KERNELS_REGISTRYINTERFACE_H
#define VEOMNI_KERNELS_REGISTRYINTERFACE_H

#include "veomni/Kernels/KernelRegistry.h"

#include "mlir/IR/DialectInterface.h"

namespace veomni::kernels {

class RegistryInterface : public mlir::DialectInterface::Base<RegistryInterface> {
public:
  RegistryInterface(mlir::Dialect *dialect, std::shared_ptr<const KernelRegistry> registry)
      : Base(dialect), registry(std::move(registry)) {}
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RegistryInterface)

  const std::shared_ptr<const KernelRegistry> registry;
};

/// Contexts made from `dialects` have `registry`.
void attachRegistry(mlir::DialectRegistry &dialects, std::shared_ptr<const KernelRegistry> registry);

/// The registry of a context; null if none was attached.
const KernelRegistry *registryOf(mlir::MLIRContext *context);

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_REGISTRYINTERFACE_H
