// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One check of a program's kernels against what their kinds declare, shared by the pass that does nothing else and by
// code generation.
#ifndef VEOMNI_CODEGEN_KERNELCHECKS_H
#define VEOMNI_CODEGEN_KERNELCHECKS_H

#include "veomni/Codegen/Backend.h"

namespace veomni::codegen {

using BoundKernels = std::vector<std::pair<rt::KernelOp, Kernel>>;

/// Binds every kernel that is declared by kind, and checks each dispatch of one: operands against one another, scalars
/// and workgroups against the sizes of the operands, and what shares memory. Reports all problems of the program.
mlir::FailureOr<BoundKernels> checkKernels(mlir::ModuleOp module, const ChosenTarget &target);

} // namespace veomni::codegen

#endif // VEOMNI_CODEGEN_KERNELCHECKS_H
