// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops of a matrix product A Wᵀ, with W in packed panels: k block > row tile > column block > k. What becomes of
// the finished sums is another one's business.
#ifndef VEOMNI_LIB_CODEGEN_CPU_GEMMNEST_H
#define VEOMNI_LIB_CODEGEN_CPU_GEMMNEST_H

#include "Tile.h"

#include "veomni/Codegen/CPU/KernelBuilder.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

namespace veomni::cpu {

/// What a product is, as far as it is known at compile time.
struct Product {
  int64_t n, k, lda;
  mlir::Type aType, wType;
  /// Rows of an f32 A are rounded to bf16 for dot instructions.
  bool bf16Dot;
  /// Row i of A is row sources[i] / routes, if not 0.
  int64_t routes = 0;

  /// All but `routes`, of operands `a` and `w`: a row of A holds `k` columns, one of the result `n`.
  static Product of(KernelBuilder &k, const Kernel &kernel);
  /// What kinds with a product declare.
  static std::vector<AttributeRule> attributes();
  /// For their checks: computes `group` where no attribute says it, for rows of A that are used where they are or
  /// copied first.
  static void check(Kernel &kernel, Problems &problems, bool copiesRows = false);
  /// The element type of W as operand: pairs of bf16 are read as i32.
  mlir::Type storedType(KernelBuilder &k) const { return wType.isBF16() ? k.i32() : k.f32(); }
  int64_t panels() const;
  /// Elements of `storedType` in a panel.
  int64_t panelSize() const;
};

/// Sums that are complete: `height` rows from `row` on times `columns` columns from `column` on, which are one column
/// block or the last part of one.
struct FinishedSums {
  mlir::Value row, column;
  int64_t height, columns;
  /// Vector v of row `row` + r.
  llvm::function_ref<mlir::Value(int64_t r, int64_t v)> at;
};

class GemmEpilogue {
public:
  virtual ~GemmEpilogue() = default;
  /// Whether anyone needs rows [row, row + height), an i1; null if they are always needed.
  virtual mlir::Value needs(mlir::Value row, int64_t height) { return mlir::Value(); }
  /// Takes sums. Those of one row come in order of columns.
  virtual void take(const FinishedSums &sums) = 0;
};

class GemmNest {
public:
  GemmNest(KernelBuilder &k, const Product &product, GemmEpilogue &epilogue)
      : blockColumns(kVectors * k.lanes()), k(k), p(product), epilogue(epilogue),
        blocksPerPanel(kPanelColumns / blockColumns) {}

  struct Operands {
    mlir::Value a, w;
    /// With `routes`.
    mlir::Value sources;
  };
  void bind(const Operands &operands) { in = operands; }

  /// Rows [row0, row1), at most `kGemmRows`, times panels [panel0, panel1) of the matrix that starts at element
  /// `matrix` of W.
  void multiply(mlir::Value row0, mlir::Value row1, mlir::Value panel0, mlir::Value panel1, mlir::Value matrix);

  /// Vectors of a column block, and its columns: a panel, or half of one.
  static constexpr int64_t kVectors = 2;
  const int64_t blockColumns;
  /// Rows of the highest tile.
  static constexpr int64_t kTileRows = 12;

private:
  struct Shape;

  int64_t blocks() const { return llvm::divideCeil(p.n, blockColumns); }
  int64_t kBlockFor(int64_t elementSize) const;
  void nest(const Shape &shape, mlir::Value panel0, mlir::Value panel1);
  void stage(mlir::Value panel, mlir::Value k0, int64_t length);
  void rowTiles(const Shape &shape, mlir::Value panel0, mlir::Value panel1, mlir::Value k0, int64_t length, bool first,
                bool last);
  KernelBuilder::Values tileRows(const Shape &shape, mlir::Value m, int64_t height, mlir::Value k0, int64_t length);
  void tile(const Shape &shape, mlir::Value m, const KernelBuilder::Values &rows, mlir::Value panel0, mlir::Value block,
            int64_t count, mlir::Value k0, int64_t length, bool first, bool last);
  void finish(const Tile &tile, mlir::Value m, int64_t i, mlir::Value block, const KernelBuilder::Values &sums);

  KernelBuilder &k;
  const Product &p;
  GemmEpilogue &epilogue;
  const int64_t blocksPerPanel;
  Operands in;
  /// What `multiply` works on.
  mlir::Value row0, row1, matrix;
  /// Scratch: converted rows of A, a widened panel, and sums of one panel between k blocks.
  mlir::Value aConverted, wWide, partial;
  int64_t aStride = 0;
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_GEMMNEST_H
