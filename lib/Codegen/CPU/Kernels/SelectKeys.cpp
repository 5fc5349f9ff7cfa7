// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// indices = the columns of each row's top_k greatest scores among those where the mask is 0, of equal ones the first,
// in rising order, and then -1. The score that just belongs to them is found bit by bit, from the highest on, by
// counting how many are at least as great; one more pass writes the columns. So the time does not depend on top_k.
#include "Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace veomni::cpu;
using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;
using Values = KernelBuilder::Values;

namespace {

/// Of a column that is not seen: less than that of any number.
constexpr int64_t kUnseen = std::numeric_limits<int32_t>::min();
constexpr int64_t kGreatest = std::numeric_limits<int32_t>::max();

class SelectKeys {
public:
  SelectKeys(KernelBuilder &k, int64_t topK, int64_t stride)
      : k(k), topK(topK), stride(stride), integers(k.vectorOf(k.i32())) {}

  void row(Value row);

private:
  Value constant(int64_t value) { return k.constant(k.i32(), value); }
  /// Integers in the order of the scores; what is not a number is the greatest.
  Value ranks(Value at, Value mask);
  /// How many ranks fulfil a condition.
  Value count(function_ref<Value(Value ranks)> condition);
  /// One bit per lane.
  Value bits(Value lanes);
  void write(Value least, Value ties);

  KernelBuilder &k;
  int64_t topK, stride;
  Type integers;
  Value first, indices; // of the row
};

Value SelectKeys::ranks(Value at, Value mask) {
  Value place = k.add(first, at), seen = k.compare(CmpFPredicate::OEQ, k.load(k.operand(1), place, mask), k.splat(0.0));
  if (mask)
    seen = k.bitAnd(seen, mask);
  // Adding 0 makes one 0 of both.
  Value score = k.add(k.load(k.operand(0), place, mask), k.splat(0.0)), word = k.bitcast(score, integers);
  // Of negative numbers the bits fall as the number rises.
  Value sign = arith::ShRSIOp::create(k.ops(), word, k.constant(integers, int64_t(31)));
  Value rank = arith::XOrIOp::create(k.ops(), word, k.bitAnd(sign, k.constant(integers, kGreatest)));
  rank = k.select(k.compare(CmpFPredicate::UNO, score, score), k.constant(integers, kGreatest), rank);
  return k.select(seen, rank, k.constant(integers, kUnseen));
}

Value SelectKeys::count(function_ref<Value(Value)> condition) {
  Value zero = k.constant(integers, int64_t(0)), one = k.constant(integers, int64_t(1));
  Value lanes = k.columns(k.scalar(1), {zero}, [&](Value at, Value mask, ValueRange sum) {
    return Values{k.add(sum[0], k.select(condition(ranks(at, mask)), one, zero))};
  })[0];
  return vector::ReductionOp::create(k.ops(), vector::CombiningKind::ADD, lanes);
}

Value SelectKeys::bits(Value lanes) {
  Type word = k.ops().getIntegerType(k.lanes());
  Value packed = k.bitcast(lanes, VectorType::get({1}, word));
  return arith::ExtUIOp::create(k.ops(), k.i32(), vector::ExtractOp::create(k.ops(), packed, ArrayRef<int64_t>{0}));
}

void SelectKeys::row(Value row) {
  first = k.mul(row, k.scalar(1));
  indices = k.mul(row, stride);
  Value unseen = k.constant(integers, kUnseen);
  Value seen = count([&](Value ranks) { return k.compare(CmpIPredicate::sgt, ranks, unseen); });
  // Where no more are seen than are wanted, all ranks above kUnseen belong to them, and there is nothing to look for.
  Value all = k.compare(CmpIPredicate::sle, seen, constant(topK));
  // The bits of `least` are those of a rank but for the highest, which is turned over, so that bits are found as in an
  // unsigned number.
  Values found = k.loop(k.index(0), k.select(all, k.index(0), k.index(32)), 1,
                        {constant(0), k.select(all, seen, constant(0))}, [&](Value i, ValueRange carried) {
                          Value bit = k.shiftLeft(constant(1), k.sub(constant(31), k.indexCast(i, k.i32())));
                          Value least = k.bitOr(carried[0], bit);
                          Value rank = k.broadcast(arith::XOrIOp::create(k.ops(), least, constant(kUnseen)));
                          Value others = count([&](Value ranks) { return k.compare(CmpIPredicate::sge, ranks, rank); });
                          // The last that is too great is the least plus 1: so many are greater.
                          Value enough = k.compare(CmpIPredicate::sge, others, constant(topK));
                          return Values{k.select(enough, least, carried[0]), k.select(enough, carried[1], others)};
                        });
  Value least = arith::XOrIOp::create(k.ops(), found[0], constant(kUnseen));
  write(least, k.select(all, constant(0), k.sub(constant(topK), found[1])));
}

/// Columns whose rank is greater than `least`, and the first `ties` of those where it is `least`.
void SelectKeys::write(Value least, Value ties) {
  k.columns(topK, 1, [&](ArrayRef<Columns> run) {
    k.store(k.constant(integers, int64_t(-1)), k.operand(2), k.add(indices, run[0].at), run[0].count);
  });
  Value bound = k.broadcast(least);
  k.columns(k.scalar(1), {indices, ties}, [&](Value at, Value mask, ValueRange carried) {
    Value rank = ranks(at, mask), greater = bits(k.compare(CmpIPredicate::sgt, rank, bound));
    Value equal = bits(k.compare(CmpIPredicate::eq, rank, bound));
    equal = k.select(k.compare(CmpIPredicate::sgt, carried[1], constant(0)), equal, constant(0));
    Value chosen = k.bitOr(greater, equal), number = math::CtPopOp::create(k.ops(), chosen);
    Values next =
        k.loop(k.index(0), k.indexCast(number, k.ops().getIndexType()), 1, {carried[0], carried[1], chosen},
               [&](Value, ValueRange state) {
                 Value lane = math::CountTrailingZerosOp::create(k.ops(), state[2]);
                 Value tie = k.bitAnd(arith::ShRUIOp::create(k.ops(), equal, lane), constant(1));
                 // Unless it is one tie too many.
                 Value taken = k.compare(CmpIPredicate::sle, tie, state[1]);
                 k.when(taken, [&] { k.storeScalar(k.add(k.indexCast(at, k.i32()), lane), k.operand(2), state[0]); });
                 Value rest = k.bitAnd(state[2], k.sub(state[2], constant(1)));
                 return Values{k.select(taken, k.add(state[0], 1), state[0]),
                               k.select(taken, k.sub(state[1], tie), state[1]), rest};
               });
    return Values{next[0], next[1]};
  });
}

} // namespace

static void emitSelectKeys(KernelBuilder &k, const Kernel &kernel) {
  int64_t topK = kernel.size("top_k"), ldi = kernel.stride("indices");
  k.begin();
  k.rows(k.scalar(0), kRowBlock, [&](Value row) { SelectKeys(k, topK, ldi).row(row); });
  k.end();
}

KernelKinds kinds::SelectKeys() {
  return {{.name = "select_keys",
           .summary = "The columns of each row's greatest scores among those where the mask is 0, of equal ones the "
                      "first, in rising order, then -1.",
           .operands = {read("scores", "[batch, seq, 1, keys] x f32"), read("mask", "[batch, seq, 1, keys] x f32"),
                        write("indices", "[batch, seq | top_k] x i32")},
           .scalars = {{"rows", "batch * seq"}, scalar("keys")},
           .workgroups = {blocks("batch * seq", kRowBlock)},
           .example = {"read [b, s, 1, t] x f32; read [b, s, 1, t] x f32; write [b, s, 6] x i32"},
           .emit = emitSelectKeys}};
}
