// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = values of all keys, weighted by weights [batch, seq, heads, seq], summed in f32 in order of keys.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitAttentionValues(KernelBuilder &k, Attributes &attributes) {
  int64_t heads = attributes.integer("heads"), kvHeads = attributes.integer("kv_heads"), headDim = attributes.integer("head_dim");
  int64_t ldv = attributes.integer("ldv"), ldo = attributes.integer("ldo");
  Type vType = attributes.elementType("v_type"), outType = attributes.elementType("out_type");
  attributes.checkMultiple("heads", heads, "kv_heads", kvHeads);
  if (failed(attributes.check()))
    return failure();

  k.begin({k.f32(), vType, outType}, 2);
  Value weights = k.operand(0), values = k.operand(1), out = k.operand(2), seq = k.scalar(1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value first = k.mul(k.div(row, seq), seq);
    k.each(k.index(0), k.index(heads), 1, [&](Value head) {
      Value from = k.mul(k.add(k.mul(row, heads), head), seq), column = k.mul(k.div(head, heads / kvHeads), headDim);
      Value to = k.add(k.mul(row, ldo), k.mul(head, headDim));
      k.columns(k.index(headDim), [&](Value at, Value mask) {
        Value total = k.loop(k.index(0), seq, 1, {k.splat(0.0)}, [&](Value key, ValueRange sum) {
          Value value = k.load(values, k.add(k.add(k.mul(k.add(first, key), ldv), column), at), mask);
          return Values{k.fma(k.broadcast(k.loadScalar(weights, k.add(from, key))), value, sum[0])};
        })[0];
        k.store(total, out, k.add(to, at), mask);
      });
    });
  });
  k.end();
  return success();
}
