// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bytecode of the program dialect.
#ifndef VEOMNI_DIALECTS_PROGRAM_BYTECODE_H
#define VEOMNI_DIALECTS_PROGRAM_BYTECODE_H

namespace veomni::rt {

class ProgramDialect;

/// Lets code variants through bytecode. MLIR writes attributes as text where a dialect does not say how, which loses
/// track of the resources within; all others of this dialect are fine as text.
void addBytecodeInterface(ProgramDialect *dialect);

} // namespace veomni::rt

#endif // VEOMNI_DIALECTS_PROGRAM_BYTECODE_H
