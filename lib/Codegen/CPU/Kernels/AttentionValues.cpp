// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = values of all keys, weighted by weights [batch, seq, heads, keys], summed in f32 in order of keys.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitAttentionValues(KernelBuilder &k, const Kernel &kernel) {
  int64_t heads = kernel.size("heads"), kvHeads = kernel.size("kv_heads"), headDim = kernel.size("head_dim");
  int64_t ldv = kernel.stride("v"), ldo = kernel.stride("out");
  k.begin();
  Value weights = k.operand(0), values = k.operand(1), out = k.operand(2), seq = k.scalar(1), keys = k.scalar(2);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(k.div(row, seq), keys);
    k.each(k.index(0), k.index(heads), 1, [&](Value head) {
      Value from = k.mul(k.add(k.mul(row, heads), head), keys), column = k.mul(k.div(head, heads / kvHeads), headDim);
      Value to = k.add(k.mul(row, ldo), k.mul(head, headDim));
      k.columns(k.index(headDim), [&](Value at, Value mask) {
        Value total = k.loop(k.index(0), keys, 1, {k.splat(0.0)}, [&](Value key, ValueRange sum) {
          Value value = k.load(values, k.add(k.add(k.mul(k.add(first, key), ldv), column), at), mask);
          return Values{k.fma(k.broadcast(k.loadScalar(weights, k.add(from, key))), value, sum[0])};
        })[0];
        k.store(total, out, k.add(to, at), mask);
      });
    });
  });
  k.end();
}

KernelKinds kinds::AttentionValues() {
  return {{.name = "attention_values",
           .summary = "Values of all keys, weighted, summed in f32 in order of keys.",
           .operands = {read("weights", "[batch, seq, heads, keys] x f32"),
                        read("v", "[batch, keys | kv_heads, head_dim] x V"),
                        write("out", "[batch, seq | heads, head_dim] x O")},
           .scalars = {{"rows", "batch * seq"}, scalar("seq"), scalar("keys")},
           .workgroups = {blocks("batch * seq", kRowBlock)},
           .flops = [](const Kernel &) { return productFlops("batch", "seq", "heads", "keys", "head_dim"); },
           .example = {"read [b, s, 4, s] x f32; read [b, s, 2, 20] x bf16, row_rank = 2; write [b, s, 4, 20] x bf16, "
                       "row_rank = 2"},
           .check = [](Kernel &kernel, Problems &problems) { kernel.expectMultiple("heads", "kv_heads", problems); },
           .emit = emitAttentionValues}};
}
