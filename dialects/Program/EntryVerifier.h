// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an entry promises whoever runs it, checked over all that it reaches.
#ifndef VEOMNI_DIALECTS_PROGRAM_ENTRYVERIFIER_H
#define VEOMNI_DIALECTS_PROGRAM_ENTRYVERIFIER_H

#include "veomni/Dialect/Program/Program.h"

namespace veomni::rt {

/// Checks the entry's function against inputs and outputs, and every function that runs: with its window of weights,
/// and that symbols have values.
mlir::LogicalResult verifyEntry(EntryOp entry, mlir::SymbolTableCollection &tables);

} // namespace veomni::rt

#endif // VEOMNI_DIALECTS_PROGRAM_ENTRYVERIFIER_H
