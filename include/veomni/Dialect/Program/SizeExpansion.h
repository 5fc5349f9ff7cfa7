// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes in terms of what the caller of a program chooses, so that sizes which are written with different symbols can be
// compared.
#ifndef VEOMNI_DIALECT_PROGRAM_SIZEEXPANSION_H
#define VEOMNI_DIALECT_PROGRAM_SIZEEXPANSION_H

#include "veomni/Dialect/Program/Program.h"

namespace veomni::rt {

/// Replaces derived symbols by what they are derived from, as far as that is a sum of products.
class SizeExpansion {
public:
  /// Looks symbols up from `op`.
  SizeExpansion(mlir::Operation *op, mlir::SymbolTableCollection &tables) : op(op), tables(tables) {}

  /// What the extent divides; nothing where it is too large to be written down.
  std::optional<SizePolynomial> expand(ExtentAttr extent) { return expand(extent, {}); }

private:
  std::optional<SizePolynomial> expand(ExtentAttr extent, SymbolOp user);
  SizePolynomial expand(mlir::StringAttr name, SymbolOp user);

  mlir::Operation *op;
  mlir::SymbolTableCollection &tables;
  llvm::DenseMap<mlir::StringAttr, SizePolynomial> expanded;
};

} // namespace veomni::rt

#endif // VEOMNI_DIALECT_PROGRAM_SIZEEXPANSION_H
