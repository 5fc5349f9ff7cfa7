// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factor rules of ops: what the text says (VeOmniInterfaces.td), whether values fit it, and what it means for the
// values of one op.
#ifndef VEOMNI_DIALECT_VEOMNI_SHARDINGRULE_H
#define VEOMNI_DIALECT_VEOMNI_SHARDINGRULE_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <string>

namespace veomni {

/// A rule as its author spells it, for any ranks.
class ShardingRule {
public:
  /// The dims of one operand or result.
  struct Group {
    bool addedOnce = false; ///< `+` first: where partial sums are added up, only one part adds this operand
    bool leading = false;   ///< `.` first: any number of dims that all such groups share
    llvm::SmallVector<std::string, 4> dims; ///< the letters of each dim, several where it is a product
    std::string text;
  };
  using Shape = llvm::ArrayRef<int64_t>;
  /// Of the values of one operand: none where it is optional and absent, several where it is variadic.
  using Shapes = llvm::SmallVector<Shape, 1>;

  static llvm::Expected<ShardingRule> parse(llvm::StringRef text);

  llvm::ArrayRef<Group> operands() const { return operands_; }
  llvm::ArrayRef<Group> results() const { return results_; }
  /// Letters marked `^`: the greatest of the parts is taken, not their sum.
  llvm::StringRef maxima() const { return maxima_; }
  /// Letters after `;`, which no value of the op has: dims of parameters that its callee reads.
  llvm::StringRef calleeFactors() const { return calleeFactors_; }

  /// Ranks fit the groups, and one letter is one size wherever it is static.
  llvm::Error check(llvm::ArrayRef<Shapes> operands, llvm::ArrayRef<Shape> results) const;

private:
  llvm::SmallVector<Group, 6> operands_;
  llvm::SmallVector<Group, 2> results_;
  std::string maxima_, calleeFactors_;
};

/// What becomes of an op whose factor is split among several parts.
enum class FactorKind {
  PassThrough, ///< every part has its part of the results
  Sum,         ///< every part has a summand of the results; `addedOnce` operands go to one part alone
  Max,         ///< the results are the greatest of what the parts have
  Whole,       ///< it cannot be split: whoever has a part gathers it first
  Made,        ///< results alone have it, whole
};
llvm::StringRef stringify(FactorKind kind);

/// A dim of a parameter that the callee of an op reads, such as the stack of an expert's matrices.
struct CalleeFactor {
  char letter;
  int64_t size;
  std::string parameter; ///< its name, relative to the instance
  unsigned dim;
};

/// The rule of one op, with a factor for every dim that its operands and results have.
struct FactorRule {
  struct Factor {
    std::string name; ///< the letter; `.0`, `.1`, ... for leading dims
    FactorKind kind;
    int64_t size; ///< ShapedType::kDynamic if it is not static
  };
  /// The factors whose product a dim is, by number, the slowest first; those of a value's dims.
  using Dim = llvm::SmallVector<unsigned, 2>;
  using Dims = llvm::SmallVector<Dim, 4>;
  struct ParameterDim {
    unsigned factor;
    std::string parameter;
    unsigned dim;
  };

  llvm::SmallVector<Factor> factors;
  llvm::SmallVector<Dims> operands, results; ///< one for each value; empty for what is no tensor
  llvm::SmallBitVector addedOnce;            ///< of operands
  llvm::SmallVector<ParameterDim> parameters;

  /// The rule of an op that has been verified; fails if the op has none.
  static mlir::FailureOr<FactorRule> of(mlir::Operation *op);
};

namespace detail {

/// `segments` holds how many values each operand of the op's definition has.
mlir::LogicalResult verifyShardingRule(mlir::Operation *op, llvm::StringRef rule, llvm::ArrayRef<unsigned> segments);

/// Operand i of a collective becomes result i.
mlir::LogicalResult verifyCollective(mlir::Operation *op);

/// How many values each operand of the op's definition has.
template <typename OpTy> llvm::SmallVector<unsigned> operandSegments(OpTy op) {
  llvm::SmallVector<unsigned> segments;
  for (unsigned index = 0, end = 0; end < op->getNumOperands(); ++index) {
    auto [begin, length] = op.getODSOperandIndexAndLength(index);
    segments.push_back(length);
    end = begin + length;
  }
  return segments;
}

template <typename OpTy> mlir::LogicalResult verifyShardingRule(OpTy op) {
  return verifyShardingRule(op, op.getShardingRule(), operandSegments(op));
}

} // namespace detail
} // namespace veomni

#endif // VEOMNI_DIALECT_VEOMNI_SHARDINGRULE_H
