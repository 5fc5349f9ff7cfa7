// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECTS_PROGRAM_ENTRYVERIFIER_H
#define VEOMNI_DIALECTS_PROGRAM_ENTRYVERIFIER_H

#include "veomni/Dialect/Program/Program.h"

namespace veomni::rt {

/// Checks the program as seen from its entry function: arguments are the inputs, then the outputs; calls end, and each `param` that runs
/// is a weight of its type.
mlir::LogicalResult verifyEntry(FuncOp entry, mlir::SymbolTableCollection &tables);

} // namespace veomni::rt

#endif // VEOMNI_DIALECTS_PROGRAM_ENTRYVERIFIER_H
