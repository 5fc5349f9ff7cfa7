// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What veomni-compile may be given, told apart: a model directory or the text of a phase.
#ifndef VEOMNI_TOOLS_VEOMNI_COMPILE_INPUT_H
#define VEOMNI_TOOLS_VEOMNI_COMPILE_INPUT_H

#include "veomni/Pipelines/Phases.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>
#include <string>

namespace veomni {

/// What is wrong with the kind of thing at `path`, which should be the dump of a phase or, without one, a model
/// directory; empty if it is one. Says what it is instead and what to do with that.
std::string inputProblem(llvm::StringRef path, std::optional<Phase> dumpOf);

/// Reads the dump of a phase, from standard input if `path` is "-". Null after an error.
mlir::OwningOpRef<mlir::ModuleOp> readDump(llvm::StringRef path, mlir::MLIRContext &context);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_COMPILE_INPUT_H
