// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How dims, extents and the like read within a type, an attribute or an op.
#ifndef VEOMNI_DIALECTS_PROGRAM_ASSEMBLY_H
#define VEOMNI_DIALECTS_PROGRAM_ASSEMBLY_H

#include "veomni/Dialect/Program/Program.h"

namespace veomni::rt {

/// `7` or `batch`; appended to `dims`.
mlir::ParseResult parseDim(mlir::AsmParser &parser, llvm::SmallVectorImpl<Dim> &dims);
void printDim(mlir::AsmPrinter &printer, Dim dim);

/// `ceildiv(batch * seq, 16)`, `past + seq` or `7`.
mlir::ParseResult parseExtent(mlir::AsmParser &parser, ExtentAttr &extent);
void printExtent(mlir::AsmPrinter &printer, ExtentAttr extent);

/// `read`, `write` or `read_write`.
mlir::ParseResult parseAccess(mlir::AsmParser &parser, Access &access);

/// Checks that a symbol has a name, which MLIR itself does not.
template <typename OpTy> mlir::LogicalResult verifyHasName(OpTy op) {
  return op.getSymName().empty() ? mlir::LogicalResult(op.emitOpError() << "has an empty name") : mlir::success();
}

} // namespace veomni::rt

#endif // VEOMNI_DIALECTS_PROGRAM_ASSEMBLY_H
