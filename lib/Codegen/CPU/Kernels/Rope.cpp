// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rotates pairs of the first `rotary_dim` columns of each head by the angles of the row; the other columns are copied.
//   half         pairs (i, i + rotary_dim / 2)
//   interleaved  pairs (2 i, 2 i + 1)
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace veomni::cpu;
using namespace mlir;

static void checkRope(Kernel &kernel, Problems &problems) {
  int64_t rotary = 2 * kernel.size("pairs"), headDim = kernel.size("head_dim");
  if (rotary > headDim)
    problems.add("cos has angles for " + std::to_string(rotary) +
                 " columns, expected at most head_dim = " + std::to_string(headDim));
  kernel.expectEqualStrides("cos", "sin", problems);
}

static void emitRope(KernelBuilder &k, const Kernel &kernel) {
  int64_t heads = kernel.size("heads"), headDim = kernel.size("head_dim"), half = kernel.size("pairs"),
          rotary = 2 * half;
  bool interleaved = kernel.choice("layout") == "interleaved";
  int64_t ldx = kernel.stride("x"), ldo = kernel.stride("out"), ldt = kernel.stride("cos");
  Runs xRuns = kernel.runs("x");
  k.begin();
  Value x = k.operand(0), cosines = k.operand(1), sines = k.operand(2), out = k.operand(3);
  int64_t lanes = k.lanes();

  struct Pair {
    Value first, second;
  };
  auto rotate = [&](Pair p, Value cosine, Value sine) {
    Value negative = k.sub(k.splat(-0.0), p.second);
    return Pair{k.fma(p.first, cosine, k.mul(negative, sine)), k.fma(p.second, cosine, k.mul(p.first, sine))};
  };
  // All a, all b -> two vectors of neighbours (a0 b0 a1 b1 ...).
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < lanes; ++i)
    low.push_back(i / 2 + i % 2 * lanes), high.push_back((i + lanes) / 2 + i % 2 * lanes);
  auto shuffle = [&](Pair p, ArrayRef<int64_t> order) -> Value {
    return vector::ShuffleOp::create(k.ops(), k.vectorOf(k.f32()), p.first, p.second, order);
  };
  // Where a run's pairs go: two vectors at `first` and `second`, of so many columns.
  struct Place {
    Value first, second;
    int64_t firstCount, secondCount;
  };
  auto place = [&](Value head, Columns c) {
    if (!interleaved)
      return Place{k.add(head, c.at), k.add(k.add(head, c.at), half), c.count, c.count};
    Value at = k.add(head, k.mul(c.at, 2));
    return Place{at, k.add(at, lanes), std::min(lanes, 2 * c.count), std::max<int64_t>(0, 2 * c.count - lanes)};
  };

  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value xRow = k.add(k.mul(row, ldx), xRuns.at), tRow = k.mul(row, ldt), outRow = k.mul(row, ldo);
    k.each(k.index(0), k.index(heads), 1, [&](Value head) {
      Value xHead = k.add(xRow, k.mul(head, xRuns.run)), outHead = k.add(outRow, k.mul(head, headDim));
      k.columns(half, 2, [&](ArrayRef<Columns> run) {
        SmallVector<Pair> rotated;
        for (Columns c : run) {
          Pair p;
          if (interleaved)
            std::tie(p.first, p.second) = k.loadPairs(x, k.add(xHead, k.mul(c.at, 2)), c.count);
          else
            p = {k.load(x, k.add(xHead, c.at), c.count), k.load(x, k.add(k.add(xHead, c.at), half), c.count)};
          Value tAt = k.add(tRow, c.at);
          p = rotate(p, k.load(cosines, tAt, c.count), k.load(sines, tAt, c.count));
          rotated.push_back(interleaved ? Pair{shuffle(p, low), shuffle(p, high)} : p);
        }
        for (auto [c, p] : llvm::zip(run, rotated)) {
          Place to = place(outHead, c);
          k.store(p.first, out, to.first, to.firstCount);
          if (to.secondCount)
            k.store(p.second, out, to.second, to.secondCount);
        }
      });
      if (rotary < headDim)
        k.columns(headDim - rotary, 4, [&](ArrayRef<Columns> run) {
          for (Columns c : run) {
            Value at = k.add(c.at, rotary);
            k.store(k.load(x, k.add(xHead, at), c.count), out, k.add(outHead, at), c.count);
          }
        });
    });
  });
  k.end();
}

KernelKinds kinds::Rope() {
  return {{.name = "rope",
           .summary = "Rotates pairs of the first 2 * pairs columns of each head by the angles of the row; the other "
                      "columns are copied.",
           .operands = {readRuns("x", "[rows.. | x_width..] x X", "heads", "head_dim"),
                        read("cos", "[rows.. | pairs] x T"), read("sin", "[rows.. | pairs] x T"),
                        write("out", "[rows.. | heads, head_dim] x O", /*over=*/{"x"})},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {choice("layout", {"half", "interleaved"},
                                 "pairs are columns i and i + pairs, or 2 i and 2 i + 1")},
           .example = {"read [r, 2, 20] x bf16, row_rank = 2; read [r, 10] x bf16; read [r, 10] x bf16; write [r, 2, "
                       "20] x bf16, row_rank = 2",
                       R"({layout = "half"})"},
           .check = checkRope,
           .emit = emitRope}};
}
