// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, heads, keys] = products of queries and keys, each summed over a head in f32.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitAttentionScores(KernelBuilder &k, const Kernel &kernel) {
  int64_t heads = kernel.size("heads"), kvHeads = kernel.size("kv_heads"), headDim = kernel.size("head_dim");
  int64_t ldq = kernel.stride("q"), ldk = kernel.stride("k");
  k.begin();
  Value q = k.operand(0), keys = k.operand(1), out = k.operand(2), seq = k.scalar(1), count = k.scalar(2);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(k.div(row, seq), count);
    k.each(k.index(0), k.index(heads), 1, [&](Value head) {
      Value from = k.add(k.mul(row, ldq), k.mul(head, headDim)), column = k.mul(k.div(head, heads / kvHeads), headDim);
      Value to = k.mul(k.add(k.mul(row, heads), head), count);
      k.each(k.index(0), count, 1, [&](Value key) {
        Value keyAt = k.add(k.mul(k.add(first, key), ldk), column);
        Value lanes = k.columns(k.index(headDim), {k.splat(0.0)}, [&](Value at, Value mask, ValueRange sum) {
          return Values{k.fma(k.load(q, k.add(from, at), mask), k.load(keys, k.add(keyAt, at), mask), sum[0])};
        })[0];
        k.storeScalar(k.sum(lanes), out, k.add(to, key));
      });
    });
  });
  k.end();
}

KernelKinds kinds::AttentionScores() {
  return {
      {.name = "attention_scores",
       .summary = "Products of queries and keys, each summed over a head in f32.",
       .operands = {read("q", "[batch, seq | heads, head_dim] x Q"),
                    read("k", "[batch, keys | kv_heads, head_dim] x K"),
                    write("out", "[batch, seq, heads, keys] x f32")},
       .scalars = {{"rows", "batch * seq"}, scalar("seq"), scalar("keys")},
       .workgroups = {blocks("batch * seq", kRowBlock)},
       .flops = [](const Kernel &) { return productFlops("batch", "seq", "heads", "keys", "head_dim"); },
       .example = {"read [b, s, 4, 20] x bf16, row_rank = 2; read [b, s, 2, 20] x bf16, row_rank = 2; write [b, s, 4, "
                   "s] x f32"},
       .check = [](Kernel &kernel, Problems &problems) { kernel.expectMultiple("heads", "kv_heads", problems); },
       .emit = emitAttentionScores}};
}
