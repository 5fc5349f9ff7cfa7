// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The recipe attribute that `veomni.weight` and `veomni_rt.weight` share.
#ifndef VEOMNI_DIALECT_WEIGHT_WEIGHT_H
#define VEOMNI_DIALECT_WEIGHT_WEIGHT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "veomni/runtime/Recipe.h"

#include "veomni/Dialect/Weight/WeightDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "veomni/Dialect/Weight/WeightAttrs.h.inc"

namespace veomni {

/// `[load("key", [64], f32), pack]`, for the text of ops.
mlir::ParseResult parseRecipe(mlir::AsmParser &parser, RecipeAttr &recipe);
void printRecipe(mlir::AsmPrinter &printer, mlir::Operation *op, RecipeAttr recipe);

} // namespace veomni

#endif // VEOMNI_DIALECT_WEIGHT_WEIGHT_H
