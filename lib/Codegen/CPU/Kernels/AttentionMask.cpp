// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, 1, keys] = 0 where query s sees key t, and the lowest f32 elsewhere: the rule of `attention`.
#include "../Visibility.h"
#include "Kernels.h"

#include <limits>

using namespace veomni::cpu;
using namespace mlir;
using arith::CmpIPredicate;

static void emitAttentionMask(KernelBuilder &k, const Kernel &kernel) {
  k.begin();
  Value keyMask = k.operand("key_mask"), out = k.operand("out"), seq = k.scalar(1), keys = k.scalar(2),
        masked = k.compare(CmpIPredicate::ne, k.scalar(3), k.index(0));
  Visibility visible(k, kernel, seq, keys);
  auto vectorOfIndex = [&](Value x) { return k.broadcast(k.indexCast(x, k.i32())); };
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value batch = k.div(row, seq), token0 = k.mul(batch, seq), query = k.sub(row, token0), key0 = k.mul(batch, keys);
    Value low = vectorOfIndex(visible.firstKey(token0, query)), high = vectorOfIndex(visible.endOfKeys(token0, query));
    k.columns(keys, [&](Value at, Value mask) {
      Value key = k.add(k.iota(), vectorOfIndex(at));
      Value given = k.loadRaw(keyMask, k.add(key0, at), mask);
      Value unmasked = k.compare(CmpIPredicate::ne, given, k.constant(given.getType(), int64_t(0)));
      Value seen = k.bitAnd(k.compare(CmpIPredicate::sge, key, low), k.compare(CmpIPredicate::slt, key, high));
      seen = k.select(masked, k.bitAnd(seen, unmasked), seen);
      Value lowest = k.splat(std::numeric_limits<float>::lowest());
      k.store(k.select(seen, k.splat(0.0), lowest), out, k.add(k.mul(row, keys), at), mask);
    });
  });
  k.end();
}

KernelKinds kinds::AttentionMask() {
  return {{.name = "attention_mask",
           .summary = "0 where `attention` lets a query see a key, the lowest f32 elsewhere.",
           .operands = {read("starts", "[batch, seq] x i32"), optionalRead("ends", "[batch, seq] x i32"),
                        read("key_mask", "[batch, keys] x i64"), write("out", "[batch, seq, 1, keys] x f32")},
           .scalars = {{"rows", "batch * seq"}, scalar("seq"), scalar("keys"), {"use_mask", "", "0: all keys count"}},
           .workgroups = {blocks("batch * seq", kRowBlock)},
           .attributes = Visibility::attributes(),
           .example = {"read [b, s] x i32; read [b, t] x i64; write [b, s, 1, t] x f32", "{window = 3}"},
           .check = Visibility::check,
           .emit = emitAttentionMask}};
}
