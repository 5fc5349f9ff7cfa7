// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Routing.h"

#include "../Math.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

RowRouting::RowRouting(KernelBuilder &k, Value logits, int64_t experts)
    : k(k), logits(logits), probabilities(k.scratch(llvm::alignTo(experts, k.lanes()), k.f32())), experts(experts) {}

void RowRouting::softmax(Value row) {
  auto load = [&](Columns c) {
    Value x = k.load(logits, k.add(row, c.at), c.count);
    return c.count == k.lanes() ? x : k.select(k.mask(c.count), x, k.splat(-INFINITY));
  };
  Values top = k.columns(experts, 1, {k.splat(-INFINITY)},
                         [&](ArrayRef<Columns> run, ValueRange carried) { return Values{k.max(load(run[0]), carried[0])}; });
  Value subtrahend = k.broadcast(k.maximum(top[0]));
  Values sum = k.columns(experts, 1, {k.splat(0.0)}, [&](ArrayRef<Columns> run, ValueRange carried) {
    Value exponential = emitExp(k, k.sub(load(run[0]), subtrahend));
    k.store(exponential, probabilities, run[0].at);
    return Values{k.add(carried[0], exponential)};
  });
  Value total = k.broadcast(k.sum(sum[0]));
  k.columns(experts, 1, [&](ArrayRef<Columns> run) { k.store(k.div(k.load(probabilities, run[0].at), total), probabilities, run[0].at); });
}

std::pair<Value, Value> RowRouting::pick() {
  // Starts below every probability and also below what marks a picked one.
  Values best = k.loop(k.index(0), k.index(experts), 1, {k.constant(k.f32(), -2.0), k.index(0)}, [&](Value expert, ValueRange carried) {
    Value probability = k.loadScalar(probabilities, expert);
    Value greater = k.compare(arith::CmpFPredicate::OGT, probability, carried[0]);
    return Values{k.select(greater, probability, carried[0]), k.select(greater, expert, carried[1])};
  });
  // Read again: a row that is not a number has no greatest one, and must show.
  Value probability = k.loadScalar(probabilities, best[1]);
  k.storeScalar(k.constant(k.f32(), -1.0), probabilities, best[1]);
  return {best[1], probability};
}
