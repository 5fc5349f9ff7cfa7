// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The program dialect `veomni_rt`: what a bundle holds, as text. Its ops are described in ProgramOps.td.
#ifndef VEOMNI_DIALECT_PROGRAM_PROGRAM_H
#define VEOMNI_DIALECT_PROGRAM_PROGRAM_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "veomni/Dialect/SizePolynomial.h"
#include "veomni/Dialect/Weight/Weight.h"
#include <limits>
#include <optional>

namespace veomni::recipe {
inline llvm::hash_code hash_value(const Tile &tile) { return llvm::hash_combine(tile.rows, tile.columns); }
} // namespace veomni::recipe

namespace veomni::rt {

/// A constant, or the run-time value of the `veomni_rt.symbol` of that name.
struct Dim {
  Dim(int64_t value) : value(value) {}
  Dim(mlir::StringAttr symbol) : symbol(symbol) {}

  bool isConstant() const { return !symbol; }
  bool operator==(const Dim &other) const { return value == other.value && symbol == other.symbol; }

  int64_t value = 0; // 0 where `symbol` is set
  mlir::StringAttr symbol;
};
inline llvm::hash_code hash_value(const Dim &dim) { return llvm::hash_combine(dim.value, dim.symbol); }

/// How products want a matrix: what recipes pack.
using recipe::Tile;

/// One product of a sum: a number times symbols. The symbols are in the order of their names, each as often as it is a
/// factor.
struct Product {
  int64_t coefficient = 1;
  llvm::ArrayRef<mlir::StringAttr> symbols;

  bool operator==(const Product &other) const { return coefficient == other.coefficient && symbols == other.symbols; }
};
inline llvm::hash_code hash_value(const Product &product) {
  return llvm::hash_combine(product.coefficient,
                            llvm::hash_combine_range(product.symbols.begin(), product.symbols.end()));
}

using veomni::SizePolynomial;

class ExtentAttr;

} // namespace veomni::rt

#include "veomni/Dialect/Program/ProgramDialect.h.inc"
#include "veomni/Dialect/Program/ProgramEnums.h.inc"

#define GET_TYPEDEF_CLASSES
#include "veomni/Dialect/Program/ProgramTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "veomni/Dialect/Program/ProgramAttrs.h.inc"

#define GET_OP_CLASSES
#include "veomni/Dialect/Program/ProgramOps.h.inc"

#endif // VEOMNI_DIALECT_PROGRAM_PROGRAM_H
