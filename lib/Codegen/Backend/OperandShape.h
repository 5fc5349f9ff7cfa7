// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The language of `OperandRule::shape` and of sizes in declarations of kernel kinds.
#ifndef VEOMNI_LIB_CODEGEN_BACKEND_OPERANDSHAPE_H
#define VEOMNI_LIB_CODEGEN_BACKEND_OPERANDSHAPE_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <set>
#include <string>
#include <vector>

namespace veomni::codegen {

/// A size: a number, a name, or what is computed from other sizes.
struct SizeExpression {
  enum Kind { constant, name, sum, product, ceilDiv };
  Kind kind = constant;
  int64_t value = 0;
  std::string text; // of a name
  std::vector<SizeExpression> parts = {};

  static llvm::Expected<SizeExpression> parse(llvm::StringRef text);
  /// Whether there is a division in it.
  bool divides() const {
    return kind == ceilDiv || llvm::any_of(parts, [](const SizeExpression &part) { return part.divides(); });
  }
  void collectNames(std::set<std::string> &names) const;
  std::string str() const;
};

struct ShapeItem {
  SizeExpression size;
  /// Any number of dims, whose product is the size: `rows..`.
  bool variadic = false;

  bool isName() const { return size.kind == SizeExpression::name; }
};

struct OperandShape {
  std::vector<ShapeItem> leading, row;
  bool hasBar = false;
  /// Element types, or one capital letter.
  std::vector<std::string> elements;
  std::string elementVariable;
  /// Rows of the tiles that it must lie in, and bytes of a tile's row; 0 where it must not lie in tiles.
  int64_t tileRows = 0, tileBytes = 0;

  static llvm::Expected<OperandShape> parse(llvm::StringRef text);
};

} // namespace veomni::codegen

#endif // VEOMNI_LIB_CODEGEN_BACKEND_OPERANDSHAPE_H
