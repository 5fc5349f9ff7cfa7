// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, 1, seq] = 0 where query s sees key t, and the lowest f32 elsewhere: the rule of `attention`.
#include "Kernels.h"

#include <limits>

using namespace veomni::cpu;
using namespace mlir;
using arith::CmpIPredicate;

static void emit(KernelBuilder &k, const Kernel &kernel) {
  int64_t window = kernel.integer("window");
  k.begin();
  Value seq = k.scalar(1), masked = k.compare(CmpIPredicate::ne, k.scalar(2), k.index(0));
  auto vectorOfIndex = [&](Value x) { return k.broadcast(k.indexCast(x, k.i32())); };
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(k.div(row, seq), seq), query = k.sub(row, first), start = k.loadIndex(k.operand(0), row);
    if (window)
      start = k.max(start, k.sub(query, window - 1));
    Value low = vectorOfIndex(start), high = vectorOfIndex(query);
    k.columns(seq, [&](Value at, Value mask) {
      Value key = k.add(k.iota(), vectorOfIndex(at));
      Value given = k.loadRaw(k.operand(1), k.add(first, at), mask);
      Value unmasked = k.compare(CmpIPredicate::ne, given, k.constant(given.getType(), int64_t(0)));
      Value seen = k.bitAnd(k.compare(CmpIPredicate::sge, key, low), k.compare(CmpIPredicate::sle, key, high));
      seen = k.select(masked, k.bitAnd(seen, unmasked), seen);
      Value lowest = k.splat(std::numeric_limits<float>::lowest());
      k.store(k.select(seen, k.splat(0.0), lowest), k.operand(2), k.add(k.mul(row, seq), at), mask);
    });
  });
  k.end();
}

KernelKinds kinds::AttentionMask() {
  return {{.name = "attention_mask",
           .summary = "0 where `attention` lets a query see a key, the lowest f32 elsewhere.",
           .operands = {read("starts", "[batch, seq] x i32"), read("key_mask", "[batch, seq] x i64"),
                        write("out", "[batch, seq, 1, seq] x f32")},
           .scalars = {{"rows", "batch * seq"}, scalar("seq"), {"use_mask", "", "0: all keys count"}},
           .workgroups = {blocks("batch * seq", kRowBlock)},
           .attributes = {integer("window", "keys that a query sees, itself included; 0: all before it", 0)},
           .example = {"read [b, s] x i32; read [b, s] x i64; write [b, s, 1, s] x f32", "{window = 3}"},
           .emit = emit}};
}
