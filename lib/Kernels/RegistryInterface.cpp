// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ties a registry to an MLIRContext, so that models of one process can be bound by different registries.
#include "veomni/Kernels/RegistryInterface.h"

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/DialectRegistry.h"

namespace veomni::kernels {

namespace {
struct RegistryExtension : mlir::DialectExtension<RegistryExtension, VeOmniDialect> {
  explicit RegistryExtension(std::shared_ptr<const KernelRegistry> registry) : registry(std::move(registry)) {}

  void apply(mlir::MLIRContext *, VeOmniDialect *dialect) const final {
    dialect->addInterface(std::make_unique<RegistryInterface>(dialect, registry));
  }

  std::shared_ptr<const KernelRegistry> registry;
};
} // namespace

void attachRegistry(mlir::DialectRegistry &dialects, std::shared_ptr<const KernelRegistry> registry) {
  dialects.addExtension(mlir::TypeID::get<RegistryExtension>(),
                        std::make_unique<RegistryExtension>(std::move(registry)));
}

const KernelRegistry *registryOf(mlir::MLIRContext *context) {
  auto *dialect = context->getLoadedDialect<VeOmniDialect>();
  auto *interface = dialect ? dialect->getRegisteredInterface<RegistryInterface>() : nullptr;
  return interface ? interface->registry.get() : nullptr;
}

} // namespace veomni::kernels
