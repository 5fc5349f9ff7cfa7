// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The options of tools that choose kernels.
#include "veomni/Pipelines/KernelOptions.h"

#include "veomni/Kernels/Plugin.h"

#include "llvm/Support/raw_ostream.h"

std::optional<int> veomni::KernelOptions::apply(llvm::StringRef tool, kernels::KernelRegistry &registry,
                                                codegen::BackendRegistry &backends) const {
  for (const std::string &file : plugins)
    if (llvm::Error error = kernels::loadPlugin(file, registry, backends)) {
      llvm::errs() << tool << ": error: " << llvm::toString(std::move(error)) << "\n";
      return 1;
    }
  if (!list)
    return std::nullopt;
  registry.print(llvm::outs());
  return 0;
}
