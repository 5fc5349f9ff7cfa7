// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What instructions do with which memory.
#ifndef VEOMNI_DIALECT_PROGRAM_ACCESSES_H
#define VEOMNI_DIALECT_PROGRAM_ACCESSES_H

#include "veomni/Dialect/Program/Program.h"

namespace veomni::rt {

/// Whether an op of a function names memory and does nothing with it.
inline bool isValue(mlir::Operation *op) { return mlir::isa<SlotOp, ParamOp, ViewOp, UseStateOp>(op); }
/// The value whose memory `value` is.
mlir::Value memoryOf(mlir::Value value);
/// Whether two values lie in the same memory: views of one value, or values of one slot.
bool shareMemory(mlir::Value a, mlir::Value b);
/// What an instruction does with each of its operands; a wait, what its collective does. Empty where the op names a
/// kernel or function that is not there, or has another number of operands.
llvm::SmallVector<Access> accessesOf(mlir::Operation *instruction, mlir::SymbolTableCollection &tables);

/// An operand of an instruction, and the operand of a collective whose memory it has.
struct Conflict {
  unsigned operand;
  Access access;
  unsigned moving;
};
/// Why an instruction must not run while a collective does: it writes what moves, or reads what comes. The first such
/// operand; nothing if there is none.
std::optional<Conflict> conflictOf(mlir::Operation *instruction, CollectiveOp collective,
                                   mlir::SymbolTableCollection &tables);

} // namespace veomni::rt

#endif // VEOMNI_DIALECT_PROGRAM_ACCESSES_H
