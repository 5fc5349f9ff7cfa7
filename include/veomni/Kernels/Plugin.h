// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels from shared objects: `--load-kernel-plugin=FILE`.
//
// A plugin is built against the compiler's headers and exports one function:
//
//   extern "C" veomni::kernels::KernelPlugin veomniKernelPlugin() {
//     return {VEOMNI_KERNEL_PLUGIN_VERSION, "my kernels", [](veomni::kernels::PluginRegistrar &registrar) ->
//     llvm::Error { ... }};
//   }
#ifndef VEOMNI_KERNELS_PLUGIN_H
#define VEOMNI_KERNELS_PLUGIN_H

#include "veomni/Codegen/CPU/Kernel.h"
#include "veomni/Codegen/CPU/KernelBuilder.h"
#include "veomni/Kernels/KernelRegistry.h"

#define VEOMNI_KERNEL_PLUGIN_VERSION 2

namespace veomni::kernels {

/// What a plugin adds to.
struct PluginRegistrar {
  KernelRegistry &registry;
  /// Of the plugin's file; compiled kernels are cached by it.
  std::string revision;

  /// A kind, for kernels to name in `Kernel::kind`. Error: there is a kind of that name, or its declaration is wrong.
  llvm::Error addKind(cpu::KernelKind kind);
};

struct KernelPlugin {
  uint32_t version;
  const char *name;
  llvm::Error (*registerKernels)(PluginRegistrar &registrar);
};

/// Errors name the file: it is no plugin, of another version, or what it registers is there already.
llvm::Error loadPlugin(const std::string &file, KernelRegistry &registry);

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_PLUGIN_H
