// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factor rules of ops: what the text says (VeOmniInterfaces.td), and whether values fit it.
#ifndef VEOMNI_DIALECT_VEOMNI_SHARDINGRULE_H
#define VEOMNI_DIALECT_VEOMNI_SHARDINGRULE_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <string>

namespace veomni {

class ShardingRule {
public:
  /// The dims of one operand or result.
  struct Group {
    bool leading = false;                   ///< `.` first: any number of dims that all such groups share
    llvm::SmallVector<std::string, 4> dims; ///< the letters of each dim, several where it is a product
    std::string text;
  };
  using Shape = llvm::ArrayRef<int64_t>;
  /// Of the values of one operand: none where it is optional and absent, several where it is variadic.
  using Shapes = llvm::SmallVector<Shape, 1>;

  static llvm::Expected<ShardingRule> parse(llvm::StringRef text);

  llvm::ArrayRef<Group> operands() const { return operands_; }
  llvm::ArrayRef<Group> results() const { return results_; }

  /// Ranks fit the groups, and one letter is one size wherever it is static.
  llvm::Error check(llvm::ArrayRef<Shapes> operands, llvm::ArrayRef<Shape> results) const;

private:
  llvm::SmallVector<Group, 6> operands_;
  llvm::SmallVector<Group, 2> results_;
};

namespace detail {

/// `segments` holds how many values each operand of the op's definition has.
mlir::LogicalResult verifyShardingRule(mlir::Operation *op, llvm::StringRef rule, llvm::ArrayRef<unsigned> segments);

template <typename OpTy> mlir::LogicalResult verifyShardingRule(OpTy op) {
  llvm::SmallVector<unsigned> segments;
  for (unsigned index = 0, end = 0; end < op->getNumOperands(); ++index) {
    auto [begin, length] = op.getODSOperandIndexAndLength(index);
    segments.push_back(length);
    end = begin + length;
  }
  return verifyShardingRule(op, op.getShardingRule(), segments);
}

} // namespace detail
} // namespace veomni

#endif // VEOMNI_DIALECT_VEOMNI_SHARDINGRULE_H
