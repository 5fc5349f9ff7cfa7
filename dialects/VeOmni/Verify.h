// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What verifiers of several families ask.
#ifndef VEOMNI_DIALECTS_VEOMNI_VERIFY_H
#define VEOMNI_DIALECTS_VEOMNI_VERIFY_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni {

/// Null if the type has no rank.
inline mlir::RankedTensorType ranked(mlir::Value value) {
  return llvm::dyn_cast<mlir::RankedTensorType>(value.getType());
}

inline mlir::LogicalResult expectType(mlir::Operation *op, llvm::StringRef what, mlir::Type found,
                                      llvm::ArrayRef<int64_t> shape, mlir::Type element) {
  if (auto expected = mlir::RankedTensorType::get(shape, element); found != expected)
    return op->emitOpError() << what << " must be " << expected << ", found " << found;
  return mlir::success();
}

inline mlir::LogicalResult expectLeastRank(mlir::Operation *op, mlir::Value value, llvm::StringRef what, int64_t rank) {
  if (mlir::RankedTensorType type = ranked(value); !type || type.getRank() < rank)
    return op->emitOpError() << what << " must have at least " << rank << " dims, found " << value.getType();
  return mlir::success();
}

} // namespace veomni

#endif // VEOMNI_DIALECTS_VEOMNI_VERIFY_H
