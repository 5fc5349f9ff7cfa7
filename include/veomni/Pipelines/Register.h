// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every tool knows: registered in one place, so that no tool reads less than another.
#ifndef VEOMNI_PIPELINES_REGISTER_H
#define VEOMNI_PIPELINES_REGISTER_H

#include "veomni/Kernels/KernelRegistry.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace veomni {

/// The kernels that come with the compiler, for others to be added.
std::shared_ptr<kernels::KernelRegistry> builtinKernels();

/// The targets that come with the compiler, for others to be added.
std::shared_ptr<codegen::BackendRegistry> builtinBackends();

/// The project's dialects, and the dialects of MLIR that its passes make. Contexts choose among `kernels` and
/// `backends`; the builtin ones if null.
void registerAllDialects(mlir::DialectRegistry &registry,
                         std::shared_ptr<const kernels::KernelRegistry> kernels = nullptr,
                         std::shared_ptr<const codegen::BackendRegistry> backends = nullptr);

} // namespace veomni

#endif // VEOMNI_PIPELINES_REGISTER_H
