// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rotates pairs of the first `rotary_dim` columns of each head by the angles of the row; the other columns are copied.
//   half         pairs (i, i + rotary_dim / 2)
//   interleaved  pairs (2 i, 2 i + 1)
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitRope(KernelBuilder &k, Attributes &attributes) {
  int64_t heads = attributes.integer("heads"), headDim = attributes.integer("head_dim"), rotary = attributes.integer("rotary_dim", 2);
  bool interleaved = attributes.choice("layout", {"half", "interleaved"}) == "interleaved";
  int64_t ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo"), ldt = attributes.integer("ldt");
  Runs xRuns = attributes.runs("x", headDim);
  Type xType = attributes.elementType("x_type"), tType = attributes.elementType("t_type"), outType = attributes.elementType("out_type");
  if (rotary % 2 || rotary > headDim)
    attributes.error() << "attribute 'rotary_dim' is " << rotary << ", expected an even number up to head_dim = " << headDim;
  if (failed(attributes.check()))
    return failure();

  k.begin({xType, tType, tType, outType}, 1);
  Value x = k.operand(0), cosines = k.operand(1), sines = k.operand(2), out = k.operand(3);
  int64_t half = rotary / 2, lanes = k.lanes();

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
  return success();
}
