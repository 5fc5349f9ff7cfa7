// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, 1, keys] = mask at the `count` columns of each row that its indices name, and the lowest f32
// elsewhere.
#include "Kernels.h"

#include <limits>

using namespace veomni::cpu;
using namespace mlir;

static void emitKeepKeys(KernelBuilder &k, const Kernel &kernel) {
  int64_t count = kernel.size("count"), ldi = kernel.stride("indices");
  k.begin();
  Value mask = k.operand(0), indices = k.operand(1), out = k.operand(2), keys = k.scalar(1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(row, keys);
    k.columns(keys, [&](Value at, Value lanes) {
      k.store(k.splat(std::numeric_limits<float>::lowest()), out, k.add(first, at), lanes);
    });
    // One by one: not every level has a vector store to scattered places.
    k.each(k.index(0), k.index(count), 1, [&](Value i) {
      Value key = k.loadIndex(indices, k.add(k.mul(row, ldi), i));
      // Unsigned: a negative number is none, either.
      k.when(k.compare(arith::CmpIPredicate::ult, key, keys),
             [&] { k.storeScalar(k.loadScalar(mask, k.add(first, key)), out, k.add(first, key)); });
    });
  });
  k.end();
}

KernelKinds kinds::KeepKeys() {
  return {{.name = "keep_keys",
           .summary = "The mask at the columns that each row's indices name, and the lowest f32 elsewhere.",
           .operands = {read("mask", "[batch, seq, 1, keys] x f32"),
                        read("indices", "[batch, seq | count] x i32", "-1 names no column"),
                        write("out", "[batch, seq, 1, keys] x f32")},
           .scalars = {{"rows", "batch * seq"}, scalar("keys")},
           .workgroups = {blocks("batch * seq", kRowBlock)},
           .example = {"read [b, s, 1, t] x f32; read [b, s, 6] x i32; write [b, s, 1, t] x f32"},
           .emit = emitKeepKeys}};
}
