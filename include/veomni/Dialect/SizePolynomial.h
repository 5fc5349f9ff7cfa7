// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes over named axes, as both dialects write them: the model dialect's extents of dims and the program dialect's of
// buffers.
#ifndef VEOMNI_DIALECT_SIZEPOLYNOMIAL_H
#define VEOMNI_DIALECT_SIZEPOLYNOMIAL_H

#include "veomni/runtime/Polynomial.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace veomni {

/// Symbols are listed by their names, so that text and bundles do not depend on addresses.
struct SymbolOrder {
  bool operator()(mlir::StringAttr a, mlir::StringAttr b) const { return a.getValue() < b.getValue(); }
};
using SizePolynomial = Polynomial<mlir::StringAttr, SymbolOrder>;

} // namespace veomni

#endif // VEOMNI_DIALECT_SIZEPOLYNOMIAL_H
