// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parts of the text of ops that TableGen's format does not cover.
#ifndef VEOMNI_DIALECTS_VEOMNI_ASSEMBLY_H
#define VEOMNI_DIALECTS_VEOMNI_ASSEMBLY_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni {

/// ` values TYPE`, where values do not have the keys' type.
mlir::ParseResult parseValueTypes(mlir::OpAsmParser &parser, mlir::Type query, mlir::Type key, mlir::Type &value,
                                  mlir::Type &result);
void printValueTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Type query, mlir::Type key,
                     mlir::Type value, mlir::Type result);

} // namespace veomni

#endif // VEOMNI_DIALECTS_VEOMNI_ASSEMBLY_H
