// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = A B for every pair of matrices of a batch, both of them activations, so that no panels were made beforehand.
//
// A workgroup is a block of rows times a block of columns of one matrix. Loops: block of k, of which B is packed into
// panels and stays in the second-level cache > chunk of rows, of which A is packed > tile of rows > panel. Packing
// turns what is transposed, so that one inner loop serves all. Every sum is one chain in ascending k,
// so that a row's result does not depend on the tile that it falls into.
#include "../Tile.h"
#include "../Transpose.h"
#include "Kernels.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;
using arith::CmpIPredicate;

// Of a workgroup: rows, columns. Of a block: k. Rows of A that are packed at once: whole tiles and whole vectors.
static constexpr int64_t kRows = 192;
static constexpr int64_t kPanels = 2, kColumns = kPanels * kPanelColumns;
static constexpr int64_t kDepth = 256;
static constexpr int64_t kChunk = 48;
static constexpr int64_t kUnroll = 4;

namespace {
/// A part of a matrix in memory: element (row, column) is at `start + row * stride + column`, or, where the matrix is
/// transposed, at `start + column * stride + row`.
struct Part {
  Value buffer, start, stride;
  bool transposed;
};

class MatmulEmitter {
public:
  MatmulEmitter(KernelBuilder &k, const Kernel &kernel, bool transposeA, bool transposeB)
      : k(k), kernel(kernel), transposeA(transposeA), transposeB(transposeB) {}

  void emit() {
    k.begin();
    Value m = k.scalar(1), n = k.scalar(2), depth = k.scalar(3), matrix = k.workgroup(0);
    Value row0 = k.mul(k.workgroup(1), kRows), column0 = k.mul(k.workgroup(2), kColumns);
    rows = k.min(k.sub(m, row0), k.index(kRows)), columns = k.min(k.sub(n, column0), k.index(kColumns));
    packedA = k.scratch(kChunk * kStrideA, k.f32());
    packedB = k.scratch(kPanels * kDepth * kPanelColumns, k.f32());
    sums = k.scratch(kRows * kColumns, k.f32());
    Value lda = strideOf("a", transposeA ? m : depth), ldb = strideOf("b", transposeB ? depth : n),
          ldo = strideOf("out", n);
    Value matrixA = k.mul(matrix, k.mul(lda, transposeA ? depth : m)),
          matrixB = k.mul(matrix, k.mul(ldb, transposeB ? n : depth)), matrixOut = k.mul(matrix, k.mul(ldo, m));

    k.each(k.index(0), k.mul(rows, kColumns), k.lanes(), [&](Value at) { k.store(k.splat(0.0), sums, at); });
    k.each(k.index(0), depth, kDepth, [&](Value k0) {
      length = k.min(k.sub(depth, k0), k.index(kDepth));
      forPanels([&](int64_t panel, Value width) {
        Value column = k.add(column0, panel * kPanelColumns);
        pack(part("b", matrixB, k0, column, ldb, transposeB), length, width, packedB, panel * kDepth * kPanelColumns,
             kPanelColumns);
      });
      k.each(k.index(0), rows, kChunk, [&](Value chunk) {
        Value count = k.min(k.sub(rows, chunk), k.index(kChunk));
        pack(part("a", matrixA, k.add(row0, chunk), k0, lda, transposeA), count, length, packedA, 0, kStrideA);
        multiply(chunk, count);
      });
    });
    k.each(k.index(0), rows, 1, [&](Value row) {
      Value from = k.mul(row, kColumns), to = k.add(k.add(matrixOut, k.mul(k.add(row0, row), ldo)), column0);
      k.columns(columns, [&](Value at, Value mask) {
        k.store(k.load(sums, k.add(from, at)), k.operand("out"), k.add(to, at), mask);
      });
    });
    k.end();
  }

private:
  /// An odd number of cache lines keeps the rows of a tile in different sets of the first-level cache.
  static constexpr int64_t kStrideA = kDepth + 16;

  /// Elements between two rows; a number of columns that only the run knows has no gaps behind it.
  Value strideOf(StringRef operand, Value columns) {
    int64_t stride = kernel.stride(operand);
    return stride ? k.index(stride) : columns;
  }

  Part part(StringRef operand, Value matrix, Value row, Value column, Value stride, bool transposed) {
    Value slow = transposed ? column : row, fast = transposed ? row : column;
    return {k.operand(operand), k.add(matrix, k.add(k.mul(slow, stride), fast)), stride, transposed};
  }

  /// Panels that have columns, and how many they have.
  void forPanels(llvm::function_ref<void(int64_t panel, Value width)> body) {
    for (int64_t panel = 0; panel < kPanels; ++panel) {
      Value width = k.min(k.sub(columns, panel * kPanelColumns), k.index(kPanelColumns));
      k.when(k.compare(CmpIPredicate::sgt, width, k.index(0)), [&] { body(panel, width); });
    }
  }

  /// Copies `height` rows of `width` columns to rows of `stride`. What lies behind them up to whole vectors is
  /// overwritten.
  void pack(const Part &part, Value height, Value width, Value to, int64_t at, int64_t stride) {
    if (!part.transposed) {
      k.each(k.index(0), height, 1, [&](Value row) {
        Value from = k.add(part.start, k.mul(row, part.stride)), place = k.add(k.mul(row, stride), at);
        k.columns(width, [&](Value column, Value mask) {
          k.store(k.load(part.buffer, k.add(from, column), mask), to, k.add(place, column));
        });
      });
      return;
    }
    k.each(k.index(0), width, k.lanes(), [&](Value column) {
      Values sources;
      for (int64_t i = 0; i < k.lanes(); ++i)
        sources.push_back(k.add(part.start, k.mul(k.min(k.add(column, i), k.sub(width, 1)), part.stride)));
      k.columns(height, [&](Value row, Value mask) {
        Values square;
        for (Value source : sources)
          square.push_back(k.load(part.buffer, k.add(source, row), mask));
        transpose(k, square);
        for (int64_t i = 0; i < k.lanes(); ++i)
          k.store(square[i], to, k.add(k.add(k.mul(k.add(row, i), stride), column), at));
      });
    });
  }

  /// Adds the products of the packed rows and panels to the sums of rows from `chunk` on.
  void multiply(Value chunk, Value count) {
    Value row = k.index(0);
    for (int64_t height : k.lanes() == 16 ? std::array{12, 4, 1} : std::array{6, 2, 1}) {
      Value end = k.add(row, k.roundDown(k.sub(count, row), height));
      k.each(row, end, height, [&](Value first) {
        forPanels([&](int64_t panel, Value) {
          for (int64_t column = 0; column < kPanelColumns; column += 2 * k.lanes())
            tile(chunk, first, height, panel, column);
        });
      });
      row = end;
    }
  }

  void tile(Value chunk, Value first, int64_t height, int64_t panel, int64_t column) {
    Tile t;
    t.a = packedA, t.b = packedB;
    t.columns = {k.index(panel * kDepth * kPanelColumns + column)};
    Values places, partial;
    for (int64_t r = 0; r < height; ++r) {
      t.rows.push_back(k.mul(k.add(first, r), kStrideA));
      for (int64_t v = 0; v < t.vectors; ++v) {
        places.push_back(
            k.add(k.mul(k.add(k.add(chunk, first), r), kColumns), panel * kPanelColumns + column + v * k.lanes()));
        partial.push_back(k.load(sums, places.back()));
      }
    }
    Value whole = k.roundDown(length, kUnroll);
    partial = accumulate(k, t, k.index(0), whole, kUnroll, partial);
    partial = accumulate(k, t, whole, length, 1, partial);
    for (auto [place, sum] : llvm::zip(places, partial))
      k.store(sum, sums, place);
  }

  KernelBuilder &k;
  const Kernel &kernel;
  const bool transposeA, transposeB;
  /// Of this workgroup; `length` of the block of k.
  Value rows, columns, length;
  Value packedA, packedB, sums;
};
} // namespace

template <bool transposeA, bool transposeB> static void emit(KernelBuilder &k, const Kernel &kernel) {
  MatmulEmitter(k, kernel, transposeA, transposeB).emit();
}

/// The kind's name says what is transposed, since the shapes of its operands do.
template <bool transposeA, bool transposeB> static KernelKind kind() {
  std::string name = std::string("matmul") + (transposeA ? "_ta" : "") + (transposeB ? "_tb" : "");
  return {.name = name,
          .summary = std::string("Products of two matrices") + (transposeA ? ", the first transposed" : "") +
                     (transposeB ? ", the second transposed" : "") + ", summed in order of k.",
          .operands = {read("a", transposeA ? "[batch.., k | m] x f32" : "[batch.., m | k] x f32"),
                       read("b", transposeB ? "[batch.., n | k] x f32" : "[batch.., k | n] x f32"),
                       write("out", "[batch.., m | n] x f32")},
          .scalars = {scalar("batch"), scalar("m"), scalar("n"), scalar("k")},
          .workgroups = {"batch", blocks("m", kRows), blocks("n", kColumns)},
          .flops = [](const Kernel &) { return productFlops("batch", "m", "n", "k"); },
          .example = {std::string("read ") + (transposeA ? "[b, 20, s]" : "[b, s, 20]") + " x f32; read " +
                      (transposeB ? "[b, t, 20]" : "[b, 20, t]") + " x f32; write [b, s, t] x f32"},
          .emit = emit<transposeA, transposeB>};
}

KernelKinds kinds::Matmul() {
  return {kind<false, false>(), kind<false, true>(), kind<true, false>(), kind<true, true>()};
}
