// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled kernels: an ELF shared object taken from memory into this process.
#ifndef VEOMNI_RUNTIME_DEVICE_CPU_CODEOBJECT_H
#define VEOMNI_RUNTIME_DEVICE_CPU_CODEOBJECT_H

#include "veomni/runtime/KernelABI.h"
#include "veomni/runtime/Status.h"

#include <cstddef>
#include <span>
#include <string>

namespace veomni::cpu {

class CodeObject {
public:
  /// Loads `image`, all of whose symbols must be its own. `name` is for messages.
  static Expected<CodeObject> load(std::span<const std::byte> image, const std::string &name);
  CodeObject(CodeObject &&other) noexcept;
  CodeObject &operator=(CodeObject &&other) noexcept;
  ~CodeObject();

  /// The kernel of this name, or null.
  veomni_kernel_fn find(const char *kernel) const;

private:
  CodeObject() = default;

  void *handle_ = nullptr;
  // The dynamic linker knows the object as /proc/self/fd/N: closing N early would let another object take the same
  // name.
  int descriptor_ = -1;
};

} // namespace veomni::cpu

#endif // VEOMNI_RUNTIME_DEVICE_CPU_CODEOBJECT_H
