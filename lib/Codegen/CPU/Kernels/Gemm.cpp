// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// C = A W^T + bias + residual, with W in packed panels.
//
// A workgroup is a block of rows times a group of panels that stays in the second-level cache. Loops: k block > row tile > column block
// > k. Rows that are left over take lower tiles, and the lowest ones take several column blocks at once, to have as many independent
// sums. What differs between targets and types is in `Shape`.
//
// `grouped`: rows are sorted by expert, and a workgroup goes through the experts that its block of rows meets. So work is split by rows
// however uneven the experts' shares are.
#include "../Tile.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

namespace {
struct Gemm {
  int64_t n, k, lda, ldc, ldr, group, experts, routes;
  Type aType, wType, cType;
  bool bias, residual, counted, grouped, bf16Dot;
};

/// How one nest of loops divides its work.
struct Shape {
  /// Tile heights in order of use, and the column blocks that each takes.
  SmallVector<std::pair<int64_t, int64_t>> tiles;
  /// Rows of a panel that are multiplied before the next row tile.
  int64_t kBlock;
  /// The type that a tile's rows of A are converted to first, or null. To f32 without dot instructions, which is cheaper than to widen
  /// each element that is broadcast; to bf16 for dot instructions.
  Type convertA;
  /// Panels are widened to f32 first: with 16 registers there is no room to do it in the tile.
  bool stageW;
};

class Emitter {
public:
  Emitter(KernelBuilder &k, const Gemm &gemm) : k(k), g(gemm), blockColumns(2 * k.lanes()), blocksPerPanel(kPanelColumns / blockColumns) {}

  void emit() {
    bool pairs = g.wType.isBF16(), wide = k.lanes() == 16;
    // What rows of A are multiplied as.
    Type aType = pairs && k.target().bf16Dot && (g.aType.isBF16() || g.bf16Dot) ? k.bf16() : k.f32();
    k.begin(operandTypes(), g.experts && !g.grouped ? 2 : 1);
    bindOperands();
    Value rows = g.counted ? k.countedRows(k.scalar(0), rowCount) : k.scalar(0);
    row0 = k.mul(k.workgroup(0), kGemmRows);
    row1 = k.min(k.add(row0, kGemmRows), rows);
    // Gathered rows are copied, too: twelve unrelated addresses are more than there are registers for.
    Type convertA = aType == g.aType && !g.routes ? Type() : aType;
    if (g.grouped) {
      Value block0 = row0, block1 = row1;
      k.each(k.index(0), k.index(g.experts), 1, [&](Value e) {
        row0 = k.max(block0, k.loadIndex(offsets, e)), row1 = k.min(block1, k.loadIndex(offsets, k.add(e, 1)));
        emitExpert(e, pairs, wide, convertA);
      });
    } else {
      emitExpert(g.experts ? k.scalar(1) : k.index(0), pairs, wide, convertA);
    }
    k.end();
  }

private:
  void emitExpert(Value e, bool pairs, bool wide, Type convertA) {
    expert = k.mul(e, panels() * panelSize()), expertBias = k.mul(e, g.n);
    k.when(k.compare(arith::CmpIPredicate::slt, row0, row1), [&] { emitWorkgroup(pairs, wide, convertA); });
  }

  void emitWorkgroup(bool pairs, bool wide, Type convertA) {
    Value panel0 = k.mul(k.workgroup(1), g.group), panel1 = k.min(k.add(panel0, g.group), k.index(panels()));

    Shape inRegisters{wide ? decltype(Shape::tiles){{12, 1}, {8, 1}, {4, 1}, {2, 2}, {1, 4}}
                           : decltype(Shape::tiles){{4, 1}, {2, 1}, {1, 2}},
                      kBlockFor(pairs ? 2 : 4), convertA, false};
    if (!wide && !pairs)
      inRegisters.tiles = {{6, 1}, {4, 1}, {2, 2}, {1, 4}};
    if (wide || !pairs) {
      nest(inRegisters, panel0, panel1);
    } else {
      Shape staged{{{6, 1}, {4, 1}, {2, 2}, {1, 2}}, std::min<int64_t>(kBlockFor(4), 1024), convertA, true};
      Value many = k.compare(arith::CmpIPredicate::sge, k.sub(row1, row0), k.index(16));
      k.when(many, [&] { nest(staged, panel0, panel1); }, [&] { nest(inRegisters, panel0, panel1); });
    }
  }

  int64_t panels() const { return llvm::divideCeil(g.n, kPanelColumns); }
  int64_t blocks() const { return llvm::divideCeil(g.n, blockColumns); }
  /// Elements of a stored panel row: i32 for a pair of bf16.
  int64_t panelSize() const { return kPanelColumns * (g.wType.isBF16() ? llvm::divideCeil(g.k, 2) : g.k); }

  SmallVector<Type> operandTypes() {
    SmallVector<Type> types{g.aType, g.wType.isBF16() ? k.i32() : k.f32()};
    if (g.bias)
      types.push_back(g.wType);
    if (g.residual)
      types.push_back(g.cType);
    types.append(g.counted + g.grouped + (g.routes != 0), k.i32());
    types.push_back(g.cType);
    return types;
  }

  void bindOperands() {
    unsigned next = 2;
    a = k.operand(0), w = k.operand(1);
    if (g.bias)
      bias = k.operand(next++);
    if (g.residual)
      residual = k.operand(next++);
    if (g.counted)
      rowCount = k.operand(next++);
    if (g.grouped)
      offsets = k.operand(next++);
    if (g.routes)
      sources = k.operand(next++);
    c = k.operand(next);
  }

  /// One panel's block fits a third of a second-level cache of 1 MB; blocks are of nearly equal size.
  int64_t kBlockFor(int64_t elementSize) const {
    int64_t longest = 384 * 1024 / (kPanelColumns * elementSize);
    int64_t count = llvm::divideCeil(g.k, longest);
    return count == 1 ? g.k : llvm::alignTo(llvm::divideCeil(g.k, count), 16);
  }

  void nest(const Shape &shape, Value panel0, Value panel1) {
    if (shape.convertA) {
      // The odd number of cache lines keeps the tile's rows in different sets.
      int64_t line = shape.convertA.isBF16() ? 32 : 16;
      aStride = llvm::alignTo(shape.kBlock, 2 * line) + line;
      aConverted = k.scratch(aStride * shape.tiles.front().first, shape.convertA);
    }
    if (shape.kBlock == g.k && !shape.stageW)
      return rowTiles(shape, panel0, panel1, k.index(0), g.k, /*first=*/true, /*last=*/true);
    if (shape.stageW)
      wWide = k.scratch(shape.kBlock * kPanelColumns, k.f32());
    int64_t lastBlock = (llvm::divideCeil(g.k, shape.kBlock) - 1) * shape.kBlock;
    if (lastBlock)
      partial = k.scratch(kGemmRows * kPanelColumns, k.f32());
    k.each(panel0, panel1, 1, [&](Value panel) {
      Value next = k.add(panel, 1);
      auto block = [&](Value k0, int64_t length, bool first, bool last) {
        if (shape.stageW)
          stage(panel, k0, length);
        rowTiles(shape, panel, next, k0, length, first, last);
      };
      if (!lastBlock)
        return block(k.index(0), g.k, true, true);
      block(k.index(0), shape.kBlock, true, false);
      if (lastBlock > shape.kBlock)
        k.each(k.index(shape.kBlock), k.index(lastBlock), shape.kBlock, [&](Value k0) { block(k0, shape.kBlock, false, false); });
      block(k.index(lastBlock), g.k - lastBlock, false, true);
    });
  }

  /// Widens rows [k0, k0 + length) of a panel of pairs.
  void stage(Value panel, Value k0, int64_t length) {
    Value from = k.add(k.add(expert, k.mul(panel, panelSize())), k.mul(k0, kPanelColumns / 2));
    int64_t half = kPanelColumns / k.lanes();
    auto pairRow = [&](Value row, bool whole) {
      for (int64_t v = 0; v < half; ++v) {
        auto [first, second] = widenPairs(k, k.loadRaw(w, k.add(k.add(from, k.mul(row, kPanelColumns / 2)), v * k.lanes())));
        Value to = k.add(k.mul(row, kPanelColumns), v * k.lanes());
        k.store(first, wWide, to);
        if (whole)
          k.store(second, wWide, k.add(to, kPanelColumns));
      }
    };
    if (length > 1)
      k.each(k.index(0), k.index(length / 2 * 2), 2, [&](Value row) { pairRow(row, true); });
    if (length % 2)
      pairRow(k.index(length - 1), false);
  }

  /// All rows times the panels [panel0, panel1), for k in [k0, k0 + length).
  void rowTiles(const Shape &shape, Value panel0, Value panel1, Value k0, int64_t length, bool first, bool last) {
    Value block0 = k.mul(panel0, blocksPerPanel), block1 = k.min(k.mul(panel1, blocksPerPanel), k.index(blocks()));
    Value row = row0;
    for (auto [height, width] : shape.tiles) {
      Value end = k.add(row, k.roundDown(k.sub(row1, row), height));
      k.each(row, end, height, [&, height = height, width = width](Value m) {
        Values rows = tileRows(shape, m, height, k0, length);
        auto tiles = [&](Value from, Value to, int64_t count) {
          k.each(from, to, count, [&](Value block) { tile(shape, m, rows, panel0, block, count, k0, length, first, last); });
        };
        Value whole = k.add(block0, k.roundDown(k.sub(block1, block0), width));
        tiles(block0, whole, width);
        if (width > 1)
          tiles(whole, block1, 1);
      });
      row = end;
    }
  }

  /// Offsets of k = k0 of `height` rows from m on, in A or, converted here, in scratch.
  Values tileRows(const Shape &shape, Value m, int64_t height, Value k0, int64_t length) {
    Values rows;
    auto sourceOf = [&](Value row) { return k.add(k.mul(g.routes ? k.div(k.loadIndex(sources, row), g.routes) : row, g.lda), k0); };
    for (int64_t r = 0; r < height; ++r) {
      Value source = sourceOf(k.add(m, r));
      if (!shape.convertA) {
        rows.push_back(source);
        continue;
      }
      rows.push_back(k.index(r * aStride));
      // Copies wait for memory, products do not: the rows of the next tile are fetched meanwhile.
      Value next = sourceOf(k.min(k.add(m, height + r), k.sub(row1, 1)));
      k.columns(length, 4, [&](ArrayRef<Columns> run) {
        for (Columns c : run) {
          k.store(k.load(a, k.add(source, c.at), c.count), aConverted, k.add(rows.back(), c.at));
          k.prefetch(a, k.add(next, c.at));
        }
      });
    }
    return rows;
  }

  void tile(const Shape &shape, Value m, const Values &rows, Value panel0, Value block, int64_t count, Value k0, int64_t length, bool first,
            bool last) {
    Tile t;
    t.a = shape.convertA ? aConverted : a;
    t.rows = rows;
    t.pairs = g.wType.isBF16() && !shape.stageW;
    t.b = shape.stageW ? wWide : w;
    Values blocks;
    for (int64_t i = 0; i < count; ++i) {
      blocks.push_back(k.add(block, i));
      Value panel = shape.stageW ? k.sub(blocks[i], k.mul(panel0, blocksPerPanel)) : blocks[i];
      Value inPanel = k.mul(k.sub(panel, k.roundDown(panel, blocksPerPanel)), blockColumns);
      Value start = k.index(0);
      if (!shape.stageW)
        start =
            k.add(k.add(expert, k.mul(k.div(panel, blocksPerPanel), panelSize())), k.mul(k0, t.pairs ? kPanelColumns / 2 : kPanelColumns));
      t.columns.push_back(blocksPerPanel == 1 ? start : k.add(start, inPanel));
    }

    // With k blocks a panel is alone, so that its sums of all rows lie as [row][32].
    auto kept = [&](size_t r, size_t i, int64_t v) {
      Value column = k.mul(k.sub(blocks[i], k.mul(panel0, blocksPerPanel)), blockColumns);
      return k.add(k.add(k.mul(k.add(k.sub(m, row0), r), kPanelColumns), column), v * k.lanes());
    };
    Values sums(t.size(), k.splat(0.0));
    if (!first)
      forEach(t, [&](size_t at, size_t r, size_t i, int64_t v) { sums[at] = k.load(partial, kept(r, i, v)); });
    sums = accumulateAll(k, t, length, t.pairs ? 2 : 4, sums);
    if (!last)
      forEach(t, [&](size_t at, size_t r, size_t i, int64_t v) { k.store(sums[at], partial, kept(r, i, v)); });
    else
      for (int64_t i = 0; i < count; ++i)
        finish(t, m, i, blocks[i], sums);
  }

  static void forEach(const Tile &t, llvm::function_ref<void(size_t, size_t, size_t, int64_t)> body) {
    size_t at = 0;
    for (size_t r = 0; r < t.rows.size(); ++r)
      for (size_t i = 0; i < t.columns.size(); ++i)
        for (int64_t v = 0; v < t.vectors; ++v)
          body(at++, r, i, v);
  }

  /// Writes one column block of a tile; the last one of a row may be narrower.
  void finish(const Tile &t, Value m, int64_t i, Value block, const Values &sums) {
    int64_t left = g.n % blockColumns;
    if (!left)
      return write(t, m, i, block, sums, blockColumns);
    Value whole = k.compare(arith::CmpIPredicate::slt, block, k.index(blocks() - 1));
    k.when(whole, [&] { write(t, m, i, block, sums, blockColumns); }, [&] { write(t, m, i, block, sums, left); });
  }

  void write(const Tile &t, Value m, int64_t i, Value block, const Values &sums, int64_t columns) {
    Value column = k.mul(block, blockColumns);
    for (int64_t v = 0; v * k.lanes() < columns; ++v) {
      int64_t count = columns - v * k.lanes();
      Value at = k.add(column, v * k.lanes()), biases;
      if (g.bias)
        biases = k.load(bias, k.add(expertBias, at), count);
      for (size_t r = 0; r < t.rows.size(); ++r) {
        Value row = k.add(m, r), x = sums[(r * t.columns.size() + i) * t.vectors + v];
        if (g.bias)
          x = k.add(x, biases);
        if (g.residual)
          x = k.add(x, k.load(residual, k.add(k.mul(row, g.ldr), at), count));
        k.store(x, c, k.add(k.mul(row, g.ldc), at), count);
      }
    }
  }

  KernelBuilder &k;
  const Gemm &g;
  /// A column block is two vectors: a panel, or half of one.
  const int64_t blockColumns, blocksPerPanel;
  Value a, w, bias, residual, rowCount, offsets, sources, c;
  /// Of the rows, the matrix and the bias that are worked with now.
  Value row0, row1, expert, expertBias;
  /// Scratch: converted rows of A, a widened panel, and sums of one panel between k blocks.
  Value aConverted, wWide, partial;
  int64_t aStride = 0;
};
} // namespace

LogicalResult veomni::cpu::emitGemm(KernelBuilder &k, Attributes &attributes) {
  Gemm g;
  g.n = attributes.integer("n"), g.k = attributes.integer("k");
  g.lda = attributes.integer("lda"), g.ldc = attributes.integer("ldc");
  g.group = attributes.integer("group");
  g.aType = attributes.elementType("a_type"), g.wType = attributes.elementType("w_type"), g.cType = attributes.elementType("c_type");
  g.bias = attributes.flag("bias"), g.residual = attributes.flag("residual");
  g.ldr = attributes.integerOr("ldr", 0, g.residual ? 1 : 0);
  g.experts = attributes.integerOr("experts", 0, 1);
  g.counted = attributes.optionalFlag("counted");
  g.grouped = attributes.optionalFlag("grouped");
  g.routes = attributes.integerOr("routes", 0, 1);
  g.bf16Dot = attributes.optionalFlag("bf16_dot");
  if (g.residual && g.ldr == 0)
    attributes.error() << "missing attribute 'ldr' (an integer) of the residual";
  if (g.grouped && !g.experts)
    attributes.error() << "missing attribute 'experts' (an integer) of the groups";
  if (g.grouped && g.counted)
    attributes.error() << "attribute 'counted' cannot go with 'grouped', whose offsets count";
  if (g.routes && !g.grouped)
    attributes.error() << "attribute 'routes' needs 'grouped'";
  if (g.bf16Dot && !g.wType.isBF16())
    attributes.error() << "attribute 'bf16_dot' needs w_type = \"bf16\"";
  if (g.bf16Dot && !k.target().bf16Dot)
    attributes.error() << "attribute 'bf16_dot' needs dot products of bf16, which " << k.target().name << " lacks";
  if (failed(attributes.check()))
    return failure();
  Emitter(k, g).emit();
  return success();
}
