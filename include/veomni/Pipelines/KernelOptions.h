// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The options of tools that choose kernels: `--list-kernels` and `--load-kernel-plugin`.
#ifndef VEOMNI_PIPELINES_KERNELOPTIONS_H
#define VEOMNI_PIPELINES_KERNELOPTIONS_H

#include "veomni/Kernels/KernelRegistry.h"

#include "llvm/Support/CommandLine.h"

namespace veomni {

class KernelOptions {
public:
  explicit KernelOptions(llvm::cl::OptionCategory &category)
      : list("list-kernels", llvm::cl::desc("print the implementations that there are, and exit"),
             llvm::cl::cat(category)),
        plugins("load-kernel-plugin", llvm::cl::desc("shared object that adds implementations"),
                llvm::cl::value_desc("file"), llvm::cl::cat(category)) {}

  /// After parsing: loads the plugins into `registry` and `backends`, and prints the table if that is asked for.
  /// Returns the exit code of a tool that has nothing more to do.
  std::optional<int> apply(llvm::StringRef tool, kernels::KernelRegistry &registry,
                           codegen::BackendRegistry &backends) const;

private:
  llvm::cl::opt<bool> list;
  llvm::cl::list<std::string> plugins;
};

} // namespace veomni

#endif // VEOMNI_PIPELINES_KERNELOPTIONS_H
