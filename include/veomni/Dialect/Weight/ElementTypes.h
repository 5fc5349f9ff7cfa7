// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types of buffers and tensors, in the schema of bundles and in MLIR.
#ifndef VEOMNI_DIALECT_WEIGHT_ELEMENTTYPES_H
#define VEOMNI_DIALECT_WEIGHT_ELEMENTTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "veomni/schema/bundle_generated.h"

#include <optional>

namespace veomni {

/// Nothing for a type that the schema does not have.
std::optional<bundle::DType> findDType(mlir::Type type);

/// `type` is one that a buffer can hold.
bundle::DType getDType(mlir::Type type);

/// Null for a value that the schema does not know.
mlir::Type getElementType(mlir::MLIRContext *context, bundle::DType dtype);

} // namespace veomni

#endif // VEOMNI_DIALECT_WEIGHT_ELEMENTTYPES_H
