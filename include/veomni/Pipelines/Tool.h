// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every compiler tool does before it reads its command line, so that all of them behave alike.
#ifndef VEOMNI_PIPELINES_TOOL_H
#define VEOMNI_PIPELINES_TOOL_H

#include "veomni/runtime/Status.h"

#include "mlir/IR/Location.h"

#include <string>

namespace veomni {

/// Called first in main:
/// - Standard descriptors that the caller closed are opened on /dev/null. Otherwise the next file that is opened would
///   take the number of the closed one, and what is meant for the terminal would end in an output file. Output that
///   nobody receives stays an error.
/// - What LLVM gives up on, such as output that a full disk does not take, becomes an error of this tool like any
///   other. How the process ends is left to LLVM: exit code 1, or an abort with a stack where the cause is a bug.
/// - IR prints values under the names of their locations (`%q_proj`), unless --mlir-use-nameloc-as-prefix=false asks
/// for
///   numbers.
/// - Where assertions are on, `--debug-only=<type>,...` prints what LLVM_DEBUG says in this project's code. LLVM's own
///   option does that where LLVM is built with assertions, which Debian's is not.
void startTool(const char *tool);

/// Options that libraries register for themselves before main, such as those of Polly and of link-time optimisation,
/// leave --help;
/// --help-hidden lists them. To be called before the tool registers its own.
void hideOptionsOfLibraries();

/// What of a tool's output goes where: "-" is standard output.
enum class OutputKind { Text, Bundle };
/// An error if `path` is no place for output of this kind: a terminal shows nothing of a bundle. Asked for before work
/// begins.
Status checkOutput(llvm::StringRef path, OutputKind kind);
/// Writes a file that is whole or not there (OutputFile.h).
Status writeOutput(llvm::StringRef path, llvm::StringRef content);

/// Where an op comes from, as far as its location says: the place in a text, `file.mlir:3:5`, and the names that an
/// importer gave, outermost first, `LlamaAttention.forward: q_proj`. Empty where nothing is known.
struct Place {
  std::string text, names;
};
Place placeOf(mlir::Location location);

} // namespace veomni

#endif // VEOMNI_PIPELINES_TOOL_H
