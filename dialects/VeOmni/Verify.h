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

/// Ends of documents, where there may be any, lie beside their starts.
template <typename Op> mlir::LogicalResult verifyEnds(Op op) {
  if (!op.getEnds())
    return mlir::success();
  if (op.getVisibility() != Visibility::Full)
    return op.emitOpError() << "ends are of visibility full, found " << stringifyVisibility(op.getVisibility());
  if (ranked(op.getEnds()) != ranked(op.getStarts()))
    return op.emitOpError() << "ends must be " << op.getStarts().getType() << " like starts, found "
                            << op.getEnds().getType();
  return mlir::success();
}

} // namespace veomni

#endif // VEOMNI_DIALECTS_VEOMNI_VERIFY_H
