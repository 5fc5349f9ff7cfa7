// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a bundle calls, as its device resolved it: kernels, and functions of libraries.
#ifndef VEOMNI_RUNTIME_CORE_KERNELS_H
#define VEOMNI_RUNTIME_CORE_KERNELS_H

#include "veomni/runtime/Bundle.h"
#include "veomni/runtime/Device.h"

#include <span>
#include <unordered_map>
#include <vector>

namespace veomni {

class LoadedKernels {
public:
  /// Picks the best variant of each executable that the device can run, loads it and finds every kernel in it.
  static Expected<LoadedKernels> load(const Bundle &bundle, Device &device);

  /// One a kernel of the program.
  std::span<const KernelHandle> handles() const { return handles_; }

  /// What a library call of the program calls, and with what.
  struct Library {
    LibraryHandle function;
    std::vector<LibraryAttribute> attributes;
  };
  const Library &library(const bundle::LibraryCall &call) const { return libraries_.at(&call); }

private:
  Status findLibraries(const Bundle &bundle, const Device &device);

  std::vector<std::unique_ptr<DeviceCode>> codes_;
  std::vector<KernelHandle> handles_;
  std::unordered_map<const bundle::LibraryCall *, Library> libraries_;
};

/// The variant to run: of those for the device whose features it has, the one that uses most. The error says what each
/// lacks.
Expected<const bundle::CodeVariant *> chooseVariant(const bundle::Executable &executable, const Device &device);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_KERNELS_H
