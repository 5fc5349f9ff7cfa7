// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The innermost tile of a matrix product, in registers.
#include "Tile.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

std::pair<Value, Value> veomni::cpu::widenPairs(KernelBuilder &k, Value pairs) {
  Value first = k.shiftLeft(pairs, k.constant(pairs.getType(), int64_t(16)));
  Value second = k.bitAnd(pairs, k.constant(pairs.getType(), int64_t(-65536)));
  Type wide = k.vectorOf(k.f32());
  return {k.bitcast(first, wide), k.bitcast(second, wide)};
}

namespace {
/// Emits one step of a tile: one k, or a pair.
class Step {
public:
  Step(KernelBuilder &k, const Tile &tile) : k(k), tile(tile) {}

  /// `half`: the pair's second element lies past the end of A.
  void run(Value at, Values &accumulators, bool half = false) {
    if (!tile.pairs)
      return multiply(at, loadPanels(k.mul(at, kPanelColumns)), accumulators);
    // An i32 holds two k, so that row k of a panel starts at i32 number (k / 2) * 32.
    Values raw = loadPanels(k.mul(at, kPanelColumns / 2));
    if (cast<MemRefType>(tile.a.getType()).getElementType().isBF16())
      return dot(at, raw, accumulators, half);
    Values first, second;
    for (Value pairs : raw) {
      auto [x, y] = widenPairs(k, pairs);
      first.push_back(x);
      second.push_back(y);
    }
    multiply(at, first, accumulators);
    if (!half)
      multiply(k.add(at, 1), second, accumulators);
  }

private:
  Values loadPanels(Value row) {
    Values vectors;
    for (Value column : tile.columns) {
      Value at = k.add(column, row);
      for (int64_t v = 0; v < tile.vectors; ++v)
        vectors.push_back(k.loadRaw(tile.b, k.add(at, v * k.lanes())));
    }
    return vectors;
  }

  void multiply(Value at, const Values &b, Values &accumulators) {
    size_t i = 0;
    for (Value row : tile.rows) {
      Value a = k.broadcast(k.loadScalar(tile.a, k.add(row, at)));
      for (Value vector : b) {
        accumulators[i] = k.fma(a, vector, accumulators[i]);
        ++i;
      }
    }
  }

  void dot(Value at, const Values &b, Values &accumulators, bool half) {
    Type pairs = k.vectorOf(k.bf16(), 2 * k.lanes());
    size_t i = 0;
    for (Value row : tile.rows) {
      Value a = k.bitcast(k.broadcast(half ? loadHalf(k.add(row, at)) : loadPair(k.add(row, at))), pairs);
      for (Value vector : b) {
        accumulators[i] = x86vector::DotBF16Op::create(k.ops(), accumulators[i].getType(), accumulators[i], a,
                                                       k.bitcast(vector, pairs));
        ++i;
      }
    }
  }

  Value loadPair(Value at) {
    Value pair = vector::LoadOp::create(k.ops(), k.vectorOf(k.bf16(), 2), tile.a, at);
    return vector::ExtractOp::create(k.ops(), k.bitcast(pair, k.vectorOf(k.i32(), 1)), ArrayRef<int64_t>{0});
  }

  Value loadHalf(Value at) {
    Value bits = k.bitcast(k.loadScalar(tile.a, at), k.ops().getI16Type());
    return arith::ExtUIOp::create(k.ops(), k.i32(), bits);
  }

  KernelBuilder &k;
  const Tile &tile;
};
} // namespace

Values veomni::cpu::accumulate(KernelBuilder &k, const Tile &tile, Value from, Value to, int64_t unroll,
                               ValueRange accumulators) {
  Step step(k, tile);
  return k.loop(from, to, unroll * tile.kPerStep(), accumulators, [&](Value at, ValueRange carried) {
    Values next(carried);
    for (int64_t u = 0; u < unroll; ++u)
      step.run(k.add(at, u * tile.kPerStep()), next);
    return next;
  });
}

Values veomni::cpu::accumulateAll(KernelBuilder &k, const Tile &tile, int64_t length, int64_t unroll,
                                  ValueRange accumulators) {
  int64_t stride = unroll * tile.kPerStep(), whole = length / stride * stride;
  Values result(accumulators);
  if (whole)
    result = accumulate(k, tile, k.index(0), k.index(whole), unroll, result);
  Step step(k, tile);
  for (int64_t at = whole; at < length; at += tile.kPerStep())
    step.run(k.index(at), result, /*half=*/at + tile.kPerStep() > length);
  return result;
}
