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

#include "veomni/Kernels/KernelRegistry.h"

#define VEOMNI_KERNEL_PLUGIN_VERSION 3

namespace veomni::kernels {

/// What a plugin adds to.
struct PluginRegistrar {
  KernelRegistry &registry;
  /// For targets of a plugin's own.
  codegen::BackendRegistry &backends;
  /// Of the plugin's file; compiled kernels are cached by it.
  std::string revision;

  /// A kind of `target`, for kernels to name in `Kernel::kind`. Error: there is no such target, it has a kind of that
  /// name or takes none, the kind is not written with the target's builder, or its declaration is wrong.
  llvm::Error addKind(llvm::StringRef target, codegen::KernelKind kind);
};

struct KernelPlugin {
  uint32_t version;
  const char *name;
  llvm::Error (*registerKernels)(PluginRegistrar &registrar);
};

/// Errors name the file: it is no plugin, of another version, or what it registers is there already.
llvm::Error loadPlugin(const std::string &file, KernelRegistry &registry, codegen::BackendRegistry &backends);

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_PLUGIN_H
