// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How values lie on the ranks, and the collectives between one way and another.
#ifndef VEOMNI_PASSES_SHARD_SHARDING_H
#define VEOMNI_PASSES_SHARD_SHARDING_H

#include "veomni/Analysis/Axes.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/Builders.h"

#include <map>

namespace veomni::shard {

/// The axis of the mesh that splits each dim of a value; null where every rank has all of the dim.
using Sharding = llvm::SmallVector<mlir::StringAttr, 4>;

inline bool isWhole(const Sharding &sharding) {
  return llvm::all_of(sharding, [](mlir::StringAttr axis) { return !axis; });
}

/// A value of the model on this rank.
struct LocalValue {
  mlir::Value value;
  Sharding sharding; ///< empty for what is no tensor
};

/// The type of a rank's part: static dims are divided.
mlir::Type partType(mlir::Type type, const Sharding &sharding, MeshAttr mesh);

/// What collectives have been made.
struct Moves {
  unsigned moved = 0, gathered = 0, sliced = 0, summed = 0;
};

/// Makes the collectives of one function. What was made once is used again.
class Resharder {
public:
  /// `wholeExtent(value, dim)`: how large the dim of a value of the unsharded function is, for remarks.
  Resharder(mlir::OpBuilder &builder, MeshAttr mesh, Moves &moves) : builder(builder), mesh(mesh), moves(moves) {}

  /// Values that go from one sharding to another at `op`. `whole` is the value of the unsharded function, whose type
  /// and extents each has.
  struct Request {
    LocalValue from;
    Sharding to;
    mlir::Value whole;
  };
  /// The values in their new shardings. Those that move between the same dims move in one exchange.
  llvm::SmallVector<mlir::Value> reshard(mlir::Operation *op, llvm::ArrayRef<Request> requests,
                                         const FunctionAxes &axes);
  mlir::Value reshard(mlir::Operation *op, const Request &request, const FunctionAxes &axes) {
    return reshard(op, llvm::ArrayRef(request), axes).front();
  }

  /// The sum of a value of which each rank along an axis has a summand: this rank's part along the dim that the axis
  /// splits in `to`, or all of it.
  LocalValue reduce(mlir::Operation *op, LocalValue value, mlir::StringAttr meshAxis, const Sharding &to,
                    mlir::Value whole, const FunctionAxes &axes);

private:
  /// A step of one value: from parts along `gather` to parts along `split`; -1 is no dim.
  struct Step {
    mlir::StringAttr meshAxis;
    int64_t gather, split;
    bool operator==(const Step &other) const = default;
  };
  struct Pending;
  static llvm::SmallVector<Step> stepsOf(const Request &request);
  void run(mlir::Operation *op, const Step &step, llvm::ArrayRef<Pending *> values, const FunctionAxes &axes);
  void remark(mlir::Operation *op, const Step &step, llvm::ArrayRef<Pending *> values, const FunctionAxes &axes) const;

  mlir::OpBuilder &builder;
  MeshAttr mesh;
  Moves &moves;
  std::map<std::pair<void *, std::string>, mlir::Value> made;
};

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_SHARDING_H
