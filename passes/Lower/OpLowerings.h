// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What phase lower knows of ops: each op's own room, passes/Ops/<Op>/Lower.cpp, adds how the op becomes kernels and
// what else the phase must know of it, so that no other file names the op.
#ifndef VEOMNI_PASSES_LOWER_OPLOWERINGS_H
#define VEOMNI_PASSES_LOWER_OPLOWERINGS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"

#include <functional>

namespace veomni::lower {

class FunctionLowering;
class IndexCheck;

struct OpLowering {
  std::function<mlir::LogicalResult(FunctionLowering &, mlir::Operation *)> lower;
  /// The operand that kernels read as the matrix of a product, in the tiles of the target, if it is a parameter.
  std::function<mlir::Value(mlir::Operation *)> matrix;
  /// Checks what may come in for operands that are indices.
  std::function<mlir::LogicalResult(IndexCheck &, mlir::Operation *)> indices;
  /// Its kernel writes rows that start any number of elements apart, so that a dense output needs no copy.
  bool anyRowStride = false;
};

class OpLowerings {
public:
  /// An op's entry, to which its room adds.
  template <typename Op> class Entry {
  public:
    explicit Entry(OpLowering &lowering) : lowering(lowering) {}

    Entry matrix(mlir::Value (*operand)(Op op)) {
      lowering.matrix = [operand](mlir::Operation *op) { return operand(llvm::cast<Op>(op)); };
      return *this;
    }
    Entry indices(mlir::LogicalResult (*check)(IndexCheck &check, Op op)) {
      lowering.indices = [check](IndexCheck &of, mlir::Operation *op) { return check(of, llvm::cast<Op>(op)); };
      return *this;
    }
    Entry anyRowStride() {
      lowering.anyRowStride = true;
      return *this;
    }

  private:
    OpLowering &lowering;
  };

  /// `lower` gives the op's results buffers and emits what computes them; it refuses what no kernel does, at the op.
  template <typename Op> Entry<Op> add(mlir::LogicalResult (*lower)(FunctionLowering &f, Op op)) {
    OpLowering &lowering = entries[Op::getOperationName()];
    lowering.lower = [lower](FunctionLowering &f, mlir::Operation *op) { return lower(f, llvm::cast<Op>(op)); };
    return Entry<Op>(lowering);
  }
  /// Null for an op that no room lowers.
  const OpLowering *find(mlir::Operation *op) const;

private:
  llvm::StringMap<OpLowering> entries;
};

/// Those of all rooms.
const OpLowerings &opLowerings();

/// One function per room; CMake writes their list from the files.
namespace rooms {
#define VEOMNI_OP_ROOM(name) void name(OpLowerings &ops);
#include "veomni/Passes/Lower/Rooms.inc"
#undef VEOMNI_OP_ROOM
} // namespace rooms

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_OPLOWERINGS_H
