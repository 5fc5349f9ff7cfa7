// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types of buffers in the schema and in MLIR.
#ifndef VEOMNI_LIB_BUNDLE_ELEMENTTYPES_H
#define VEOMNI_LIB_BUNDLE_ELEMENTTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "veomni/schema/bundle_generated.h"

namespace veomni {

/// `type` is one that a buffer can hold.
bundle::DType getDType(mlir::Type type);

/// Null for a value that the schema does not know.
mlir::Type getElementType(mlir::MLIRContext *context, bundle::DType dtype);

} // namespace veomni

#endif // VEOMNI_LIB_BUNDLE_ELEMENTTYPES_H
