// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows that are left over take lower tiles, and the lowest ones take several column blocks at once, to have as many
// independent sums. What differs between targets and types is in `Shape`.
#include "GemmNest.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

Product Product::of(KernelBuilder &k, const Kernel &kernel) {
  return {kernel.size("n"),   kernel.size("k"),   kernel.stride("a"),
          k.elementType("a"), k.elementType("w"), kernel.flag("bf16_dot")};
}

std::vector<AttributeRule> Product::attributes() {
  return {
      flag("bf16_dot", "rows of an f32 A are rounded to bf16 for dot products of bf16, which the CPU level must have"),
      optional(integer("group", "panels of a workgroup; unless given, as many as stay in the second-level cache"))};
}

void Product::check(Kernel &kernel, Problems &problems, bool copiesRows) {
  bool dot = kernel.flag("bf16_dot");
  if (dot && !kernel.isBf16("w"))
    problems.add("attribute 'bf16_dot' needs operand 'w' of bf16, found " + kernel.element("w"));
  if (dot && kernel.level() && !kernel.level()->has("avx512bf16"))
    problems.add("attribute 'bf16_dot' needs dot products of bf16, which " + kernel.level()->name + " lacks");
  if (!kernel.hasAttribute("group"))
    kernel.setSize("group", gemmPanelGroup(kernel.size("n"), kernel.size("k"), kernel.isBf16("w"), copiesRows || dot));
}

int64_t Product::panels() const { return llvm::divideCeil(n, kPanelColumns); }

int64_t Product::panelSize() const { return kPanelColumns * (wType.isBF16() ? llvm::divideCeil(k, 2) : k); }

/// How one nest of loops divides its work.
struct GemmNest::Shape {
  /// Tile heights in order of use, and the column blocks that each takes.
  SmallVector<std::pair<int64_t, int64_t>> tiles;
  /// Rows of a panel that are multiplied before the next row tile.
  int64_t kBlock;
  /// The type that a tile's rows of A are converted to first, or null. To f32 without dot instructions, which is
  /// cheaper than to widen each element that is broadcast; to bf16 for dot instructions.
  Type convertA;
  /// Panels are widened to f32 first: with 16 registers there is no room to do it in the tile.
  bool stageW;
};

static void forEach(const Tile &t, llvm::function_ref<void(size_t, size_t, size_t, int64_t)> body) {
  size_t at = 0;
  for (size_t r = 0; r < t.rows.size(); ++r)
    for (size_t i = 0; i < t.columns.size(); ++i)
      for (int64_t v = 0; v < t.vectors; ++v)
        body(at++, r, i, v);
}

void GemmNest::multiply(Value firstRow, Value endRow, Value panel0, Value panel1, Value matrixStart) {
  row0 = firstRow, row1 = endRow, matrix = matrixStart;
  bool pairs = p.wType.isBF16(), wide = k.lanes() == 16;
  // What rows of A are multiplied as.
  Type aType = pairs && k.target().bf16Dot && (p.aType.isBF16() || p.bf16Dot) ? k.bf16() : k.f32();
  // Gathered rows are copied, too: twelve unrelated addresses are more than there are registers for.
  Type convertA = aType == p.aType && !p.routes ? Type() : aType;
  Shape inRegisters{wide ? decltype(Shape::tiles){{kTileRows, 1}, {8, 1}, {4, 1}, {2, 2}, {1, 4}}
                         : decltype(Shape::tiles){{4, 1}, {2, 1}, {1, 2}},
                    kBlockFor(pairs ? 2 : 4), convertA, false};
  if (!wide && !pairs)
    inRegisters.tiles = {{6, 1}, {4, 1}, {2, 2}, {1, 4}};
  if (wide || !pairs)
    return nest(inRegisters, panel0, panel1);
  Shape staged{{{6, 1}, {4, 1}, {2, 2}, {1, 2}}, std::min<int64_t>(kBlockFor(4), 1024), convertA, true};
  Value many = k.compare(arith::CmpIPredicate::sge, k.sub(row1, row0), k.index(16));
  k.when(many, [&] { nest(staged, panel0, panel1); }, [&] { nest(inRegisters, panel0, panel1); });
}

/// One panel's block fits a third of a second-level cache of 1 MB; blocks are of nearly equal size.
int64_t GemmNest::kBlockFor(int64_t elementSize) const {
  int64_t longest = 384 * 1024 / (kPanelColumns * elementSize);
  int64_t count = llvm::divideCeil(p.k, longest);
  return count == 1 ? p.k : llvm::alignTo(llvm::divideCeil(p.k, count), 16);
}

void GemmNest::nest(const Shape &shape, Value panel0, Value panel1) {
  if (shape.convertA) {
    // The odd number of cache lines keeps the tile's rows in different sets.
    int64_t line = shape.convertA.isBF16() ? 32 : 16;
    aStride = llvm::alignTo(shape.kBlock, 2 * line) + line;
    aConverted = k.scratch(aStride * shape.tiles.front().first, shape.convertA);
  }
  if (shape.kBlock == p.k && !shape.stageW)
    return rowTiles(shape, panel0, panel1, k.index(0), p.k, /*first=*/true, /*last=*/true);
  if (shape.stageW)
    wWide = k.scratch(shape.kBlock * kPanelColumns, k.f32());
  int64_t lastBlock = (llvm::divideCeil(p.k, shape.kBlock) - 1) * shape.kBlock;
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
      return block(k.index(0), p.k, true, true);
    block(k.index(0), shape.kBlock, true, false);
    if (lastBlock > shape.kBlock)
      k.each(k.index(shape.kBlock), k.index(lastBlock), shape.kBlock,
             [&](Value k0) { block(k0, shape.kBlock, false, false); });
    block(k.index(lastBlock), p.k - lastBlock, false, true);
  });
}

/// Widens rows [k0, k0 + length) of a panel of pairs.
void GemmNest::stage(Value panel, Value k0, int64_t length) {
  Value from = k.add(k.add(matrix, k.mul(panel, p.panelSize())), k.mul(k0, kPanelColumns / 2));
  int64_t half = kPanelColumns / k.lanes();
  auto pairRow = [&](Value row, bool whole) {
    for (int64_t v = 0; v < half; ++v) {
      auto [first, second] =
          widenPairs(k, k.loadRaw(in.w, k.add(k.add(from, k.mul(row, kPanelColumns / 2)), v * k.lanes())));
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
void GemmNest::rowTiles(const Shape &shape, Value panel0, Value panel1, Value k0, int64_t length, bool first,
                        bool last) {
  Value block0 = k.mul(panel0, blocksPerPanel), block1 = k.min(k.mul(panel1, blocksPerPanel), k.index(blocks()));
  Value row = row0;
  for (auto [height, width] : shape.tiles) {
    Value end = k.add(row, k.roundDown(k.sub(row1, row), height));
    k.each(row, end, height, [&, height = height, width = width](Value m) {
      auto wholeRows = [&] {
        Values rows = tileRows(shape, m, height, k0, length);
        auto tiles = [&](Value from, Value to, int64_t count) {
          k.each(from, to, count,
                 [&](Value block) { tile(shape, m, rows, panel0, block, count, k0, length, first, last); });
        };
        Value whole = k.add(block0, k.roundDown(k.sub(block1, block0), width));
        tiles(block0, whole, width);
        if (width > 1)
          tiles(whole, block1, 1);
      };
      if (Value needed = epilogue.needs(m, height))
        k.when(needed, wholeRows);
      else
        wholeRows();
    });
    row = end;
  }
}

/// Offsets of k = k0 of `height` rows from m on, in A or, converted here, in scratch.
Values GemmNest::tileRows(const Shape &shape, Value m, int64_t height, Value k0, int64_t length) {
  Values rows;
  auto sourceOf = [&](Value row) {
    return k.add(k.mul(p.routes ? k.div(k.loadIndex(in.sources, row), p.routes) : row, p.lda), k0);
  };
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
        k.store(k.load(in.a, k.add(source, c.at), c.count), aConverted, k.add(rows.back(), c.at));
        k.prefetch(in.a, k.add(next, c.at));
      }
    });
  }
  return rows;
}

void GemmNest::tile(const Shape &shape, Value m, const Values &rows, Value panel0, Value block, int64_t count, Value k0,
                    int64_t length, bool first, bool last) {
  Tile t;
  t.a = shape.convertA ? aConverted : in.a;
  t.rows = rows;
  t.pairs = p.wType.isBF16() && !shape.stageW;
  t.b = shape.stageW ? wWide : in.w;
  Values blocks;
  for (int64_t i = 0; i < count; ++i) {
    blocks.push_back(k.add(block, i));
    Value panel = shape.stageW ? k.sub(blocks[i], k.mul(panel0, blocksPerPanel)) : blocks[i];
    Value inPanel = k.mul(k.sub(panel, k.roundDown(panel, blocksPerPanel)), blockColumns);
    Value start = k.index(0);
    if (!shape.stageW)
      start = k.add(k.add(matrix, k.mul(k.div(panel, blocksPerPanel), p.panelSize())),
                    k.mul(k0, t.pairs ? kPanelColumns / 2 : kPanelColumns));
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

/// Hands on one column block of a tile; the last one of a row may be narrower.
void GemmNest::finish(const Tile &t, Value m, int64_t i, Value block, const Values &sums) {
  auto take = [&](int64_t columns) {
    epilogue.take({m, k.mul(block, blockColumns), int64_t(t.rows.size()), columns,
                   [&](int64_t r, int64_t v) { return sums[(r * t.columns.size() + i) * t.vectors + v]; }});
  };
  int64_t left = p.n % blockColumns;
  if (!left)
    return take(blockColumns);
  Value whole = k.compare(arith::CmpIPredicate::slt, block, k.index(blocks() - 1));
  k.when(whole, [&] { take(blockColumns); }, [&] { take(left); });
}
