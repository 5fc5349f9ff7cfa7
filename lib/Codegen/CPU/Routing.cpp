// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The choice of the top k experts of a token, as routers of all kinds need it.
#include "Routing.h"

#include "Math.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>
#include <limits>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;
using arith::CmpFPredicate;

std::pair<Value, Value> veomni::cpu::takeGreatest(KernelBuilder &k, Value keys, int64_t count) {
  // Every lane keeps its first greatest one.
  Type integers = k.vectorOf(k.i32());
  Values best = k.loop(k.index(0), k.index(count), k.lanes(), {k.splat(-INFINITY), k.constant(integers, int64_t(0))},
                       [&](Value at, ValueRange carried) {
                         Value key = k.load(keys, at), index = k.add(k.iota(), k.broadcast(k.indexCast(at, k.i32())));
                         key = k.select(k.compare(CmpFPredicate::UNO, key, key), k.splat(INFINITY), key);
                         Value greater = k.compare(CmpFPredicate::OGT, key, carried[0]);
                         return Values{k.select(greater, key, carried[0]), k.select(greater, index, carried[1])};
                       });
  Value greatest = k.compare(CmpFPredicate::OEQ, best[0], k.broadcast(k.maximum(best[0])));
  Value candidates = k.select(greatest, best[1], k.constant(integers, int64_t(std::numeric_limits<int32_t>::max())));
  Value first = vector::ReductionOp::create(k.ops(), vector::CombiningKind::MINSI, candidates);
  Value index = k.indexCast(first, k.ops().getIndexType()), key = k.loadScalar(keys, index);
  k.storeScalar(k.constant(k.f32(), -INFINITY), keys, index);
  return {index, key};
}

RowRouting::RowRouting(KernelBuilder &k, Value logits, int64_t experts)
    : k(k), logits(logits), probabilities(k.scratch(llvm::alignTo(experts, k.lanes()), k.f32())), experts(experts) {}

Value RowRouting::loadLogits(Value row, Columns c) {
  Value x = k.load(logits, k.add(row, c.at), c.count);
  return c.count == k.lanes() ? x : k.select(k.mask(c.count), x, k.splat(-INFINITY));
}

void RowRouting::takeLogits(Value row) {
  // Above the mark of those that were picked, which is -inf, like the lanes behind the last expert.
  Value lowest = k.splat(std::numeric_limits<float>::lowest());
  k.columns(experts, 1, [&](ArrayRef<Columns> run) {
    Value x = loadLogits(row, run[0]), raised = k.select(k.compare(CmpFPredicate::OLT, x, lowest), lowest, x);
    k.store(run[0].count == k.lanes() ? raised : k.select(k.mask(run[0].count), raised, x), probabilities, run[0].at);
  });
}

void RowRouting::softmax(Value row) {
  auto load = [&](Columns c) { return loadLogits(row, c); };
  Values top = k.columns(experts, 1, {k.splat(-INFINITY)}, [&](ArrayRef<Columns> run, ValueRange carried) {
    return Values{k.max(load(run[0]), carried[0])};
  });
  Value subtrahend = k.broadcast(k.maximum(top[0]));
  Values sum = k.columns(experts, 1, {k.splat(0.0)}, [&](ArrayRef<Columns> run, ValueRange carried) {
    Value exponential = emitExp(k, k.sub(load(run[0]), subtrahend));
    k.store(exponential, probabilities, run[0].at);
    return Values{k.add(carried[0], exponential)};
  });
  Value total = k.broadcast(k.sum(sum[0]));
  k.columns(experts, 1, [&](ArrayRef<Columns> run) {
    k.store(k.div(k.load(probabilities, run[0].at), total), probabilities, run[0].at);
  });
}

std::pair<Value, Value> RowRouting::pick() {
  // All experts of a row that is not a number count as equal, so that the choice stays within the experts and without
  // repetition. The lanes behind the last expert are never chosen: their probability is the row's least, and their
  // index is the highest.
  return takeGreatest(k, probabilities, experts);
}
