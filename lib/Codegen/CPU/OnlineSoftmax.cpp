// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Softmax over scores that come block by block, with a running maximum and sum.
#include "OnlineSoftmax.h"

#include "Math.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

// Below every score, and finite: the difference of two hidden scores must be a number. What hidden scores have added to
// a row is wiped by the correction, which is exactly 0, when the row sees its first score.
static constexpr double kHidden = -1.0e30;

// Vectors of a row, and rows, that are worked on at once to hide the latency of maxima and polynomials.
static constexpr int64_t kVectors = 2;
static constexpr int64_t kRows = 2;

// An odd number of cache lines keeps the rows of a tile in different sets of the first-level cache.
OnlineSoftmax::OnlineSoftmax(KernelBuilder &k, int64_t rows, int64_t tileRows, int64_t columns)
    : k(k), tileRows(tileRows), blockStride(16 * (llvm::divideCeil(columns, 16) | 1)),
      block(k.scratch(tileRows * blockStride, k.f32())), maxima(k.scratch(rows * k.lanes(), k.f32())),
      sums(k.scratch(rows * k.lanes(), k.f32())), corrections(k.scratch(tileRows * k.lanes(), k.f32())),
      firstMaximum(k.splat(kHidden)), firstSum(k.splat(0.0)) {}

void OnlineSoftmax::beginWith(Value score) {
  Value all = k.broadcast(score), hidden = k.splat(kHidden);
  // Not k.max: a score that is not a number must show in the sum.
  firstMaximum = k.select(k.compare(arith::CmpFPredicate::OGT, all, hidden), all, hidden);
  firstSum = k.select(k.mask(1), emitExp2OfNegative(k, k.sub(all, firstMaximum)), k.splat(0.0));
}

void OnlineSoftmax::reset(Value row) {
  k.store(firstMaximum, maxima, k.mul(row, k.lanes()));
  k.store(firstSum, sums, k.mul(row, k.lanes()));
}

void OnlineSoftmax::hide(Value r, Value start, Value end, Value from, Value to, Value visible, Value at) {
  auto splat = [&](Value x) { return k.broadcast(k.indexCast(x, k.i32())); };
  Value low = splat(from), high = splat(to), row = k.mul(r, blockStride);
  Value zero = k.constant(k.vectorOf(k.i32()), int64_t(0));
  k.each(start, end, k.lanes(), [&](Value j) {
    Value column = k.add(k.iota(), splat(j));
    Value keep =
        k.bitAnd(k.compare(arith::CmpIPredicate::sge, column, low), k.compare(arith::CmpIPredicate::slt, column, high));
    keep = k.bitAnd(keep, k.compare(arith::CmpIPredicate::ne, k.loadRaw(visible, k.add(at, j)), zero));
    Value score = k.add(row, j);
    k.store(k.select(keep, k.load(block, score), k.splat(kHidden)), block, score);
  });
}

void OnlineSoftmax::weigh(Value row0, Value columns) {
  int64_t paired = tileRows / kRows * kRows;
  k.each(k.index(0), k.index(paired), kRows, [&](Value r) { weighTogether(r, k.add(row0, r), columns, kRows); });
  if (paired < tileRows)
    weighTogether(k.index(paired), k.add(row0, paired), columns, tileRows - paired);
}

void OnlineSoftmax::weighTogether(Value r, Value row, Value columns, int64_t count) {
  Values starts, states, before, maximum;
  for (int64_t i = 0; i < count; ++i) {
    starts.push_back(k.mul(k.add(r, i), blockStride));
    states.push_back(k.mul(k.add(row, i), k.lanes()));
    before.push_back(k.load(maxima, states[i]));
    maximum.append(kVectors, before[i]);
  }
  auto at = [&](Value j, int64_t i) { return k.add(k.add(starts[i / kVectors], j), i % kVectors * k.lanes()); };
  int64_t step = kVectors * k.lanes(), width = count * kVectors;
  maximum = k.loop(k.index(0), columns, step, maximum, [&](Value j, ValueRange carried) {
    Values next;
    for (int64_t i = 0; i < width; ++i)
      next.push_back(k.max(carried[i], k.load(block, at(j, i))));
    return next;
  });

  Values now, partial;
  for (int64_t i = 0; i < count; ++i) {
    Value widest = maximum[i * kVectors];
    for (int64_t v = 1; v < kVectors; ++v)
      widest = k.max(widest, maximum[i * kVectors + v]);
    now.push_back(k.broadcast(k.maximum(widest)));
    Value factor = emitExp2OfNegative(k, k.sub(before[i], now[i]));
    k.store(now[i], maxima, states[i]);
    k.store(factor, corrections, k.mul(k.add(r, i), k.lanes()));
    partial.push_back(k.mul(k.load(sums, states[i]), factor));
    partial.append(kVectors - 1, k.splat(0.0));
  }
  partial = k.loop(k.index(0), columns, step, partial, [&](Value j, ValueRange carried) {
    Values next;
    for (int64_t i = 0; i < width; ++i) {
      Value weight = emitExp2OfNegative(k, k.sub(k.load(block, at(j, i)), now[i / kVectors]));
      k.store(weight, block, at(j, i));
      next.push_back(k.add(carried[i], weight));
    }
    return next;
  });
  for (int64_t i = 0; i < count; ++i) {
    Value sum = partial[i * kVectors];
    for (int64_t v = 1; v < kVectors; ++v)
      sum = k.add(sum, partial[i * kVectors + v]);
    k.store(sum, sums, states[i]);
  }
}

Value OnlineSoftmax::correction(int64_t r) { return k.load(corrections, k.index(r * k.lanes())); }

Value OnlineSoftmax::blind(Value row) {
  // The maximum passes over scores that are not numbers; their weights do not.
  Value state = k.mul(row, k.lanes()), sum = k.sum(k.load(sums, state));
  return k.bitAnd(k.compare(arith::CmpFPredicate::OLE, k.loadScalar(maxima, state), k.constant(k.f32(), kHidden)),
                  k.compare(arith::CmpFPredicate::ORD, sum, sum));
}

Value OnlineSoftmax::norm(Value row) {
  return k.broadcast(k.div(k.constant(k.f32(), 1.0), k.sum(k.load(sums, k.mul(row, k.lanes())))));
}
