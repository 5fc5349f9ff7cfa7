// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the command line adds to the phases: plugins that bring dialects and passes, and passes to run before or after a
// phase.
#ifndef VEOMNI_TOOLS_COMPILE_EXTENSIONS_H
#define VEOMNI_TOOLS_COMPILE_EXTENSIONS_H

#include "veomni/Pipelines/Phases.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace veomni {

/// A pass pipeline at one end of a phase.
struct Extension {
  Phase phase;
  bool after;
  std::string pipeline;
};

class ExtensionOptions {
public:
  explicit ExtensionOptions(llvm::cl::OptionCategory &category);

  /// Loads the plugins: their dialects into `registry`, their passes into the registry of the process.
  llvm::Error loadPlugins(mlir::DialectRegistry &registry) const;

  /// Reads --pass-at, of which each must name a phase that runs (one of `phases`) and passes that there are; so after
  /// the plugins.
  llvm::Expected<std::vector<Extension>> parse(llvm::ArrayRef<Phase> phases) const;

private:
  llvm::cl::list<std::string> passAt, passPlugins, dialectPlugins;
};

/// Adds to `manager` what `extensions` put at this end of `phase`.
void addExtensions(mlir::OpPassManager &manager, llvm::ArrayRef<Extension> extensions, Phase phase, bool after);

} // namespace veomni

#endif // VEOMNI_TOOLS_COMPILE_EXTENSIONS_H
