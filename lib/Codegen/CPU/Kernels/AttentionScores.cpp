// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out [batch, seq, heads, seq] = products of queries and keys, each summed over a head in f32.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitAttentionScores(KernelBuilder &k, Attributes &attributes) {
  int64_t heads = attributes.integer("heads"), kvHeads = attributes.integer("kv_heads"), headDim = attributes.integer("head_dim");
  int64_t ldq = attributes.integer("ldq"), ldk = attributes.integer("ldk");
  Type qType = attributes.elementType("q_type"), kType = attributes.elementType("k_type");
  attributes.checkMultiple("heads", heads, "kv_heads", kvHeads);
  if (failed(attributes.check()))
    return failure();

  k.begin({qType, kType, k.f32()}, 2);
  Value q = k.operand(0), keys = k.operand(1), out = k.operand(2), seq = k.scalar(1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(k.div(row, seq), seq);
    k.each(k.index(0), k.index(heads), 1, [&](Value head) {
      Value from = k.add(k.mul(row, ldq), k.mul(head, headDim)), column = k.mul(k.div(head, heads / kvHeads), headDim);
      Value to = k.mul(k.add(k.mul(row, heads), head), seq);
      k.each(k.index(0), seq, 1, [&](Value key) {
        Value keyAt = k.add(k.mul(k.add(first, key), ldk), column);
        Value lanes = k.columns(k.index(headDim), {k.splat(0.0)}, [&](Value at, Value mask, ValueRange sum) {
          return Values{k.fma(k.load(q, k.add(from, at), mask), k.load(keys, k.add(keyAt, at), mask), sum[0])};
        })[0];
        k.storeScalar(k.sum(lanes), out, k.add(to, key));
      });
    });
  });
  k.end();
  return success();
}
