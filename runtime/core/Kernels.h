// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of a bundle as functions of this process.
#ifndef VEOMNI_RUNTIME_CORE_KERNELS_H
#define VEOMNI_RUNTIME_CORE_KERNELS_H

#include "device/cpu/CodeObject.h"
#include "veomni/runtime/Bundle.h"

#include <span>
#include <vector>

namespace veomni {

class LoadedKernels {
public:
  /// Picks the best variant of each executable that this CPU can run, loads it and finds every kernel in it.
  static Expected<LoadedKernels> load(const Bundle &bundle);

  /// One a kernel of the program.
  std::span<const veomni_kernel_fn> functions() const { return functions_; }

private:
  std::vector<cpu::CodeObject> objects_;
  std::vector<veomni_kernel_fn> functions_;
};

/// The variant to run: of those whose features the CPU has, the one that uses most. The error says what each lacks.
Expected<const bundle::CodeVariant *> chooseVariant(const bundle::Executable &executable);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_KERNELS_H
