// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Keys and values of one head, as f32 panels that the tiles of `attention` read in order.
//
//   packed_k [batch * kv_heads][ceil(T / 32)][D][32]       a panel is 32 keys, transposed; behind the last key it is repeated
//   packed_v [batch * kv_heads][ceil(V / 32)][ceil(T / 32) * 32][32]   behind the last value and column: 0
//
// What is filled in never shows in a result, but must be finite: hidden values are multiplied by 0.
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

/// Transposes `lanes` vectors: each stage swaps the off-diagonal blocks of `d` x `d` within blocks twice as large.
static void transpose(KernelBuilder &k, Values &rows) {
  int64_t n = k.lanes();
  for (int64_t d = 1; d < n; d *= 2) {
    SmallVector<int64_t> upper(n), lower(n);
    for (int64_t lane = 0; lane < n; ++lane) {
      upper[lane] = lane & d ? n + lane - d : lane;
      lower[lane] = lane & d ? n + lane : lane + d;
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i & d)
        continue;
      Value x = rows[i], y = rows[i + d];
      rows[i] = vector::ShuffleOp::create(k.ops(), x, y, upper);
      rows[i + d] = vector::ShuffleOp::create(k.ops(), x, y, lower);
    }
  }
}

LogicalResult veomni::cpu::emitAttentionPack(KernelBuilder &k, Attributes &attributes) {
  int64_t heads = attributes.integer("kv_heads"), headDim = attributes.integer("head_dim");
  int64_t valueDim = attributes.integerOr("v_head_dim", headDim, 1), ldk = attributes.integer("ldk"), ldv = attributes.integer("ldv");
  Runs valueRuns = attributes.runs("v", valueDim);
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, type, k.f32(), k.f32()}, 2);
  Value keys = k.operand(0), values = k.operand(1), packedK = k.operand(2), packedV = k.operand(3), seq = k.scalar(1);
  Value batch = k.div(k.workgroup(0), heads), head = k.sub(k.workgroup(0), k.mul(batch, heads));
  Value keyColumn = k.mul(head, headDim), valueColumn = k.add(k.mul(head, valueRuns.run), valueRuns.at);
  Value padded = k.roundUp(seq, kPanelColumns);
  Value first = k.mul(k.workgroup(1), kAttentionPackRows), end = k.min(k.add(first, kAttentionPackRows), padded);
  Value token0 = k.mul(batch, seq);

  Value headK = k.mul(k.mul(k.workgroup(0), padded), headDim), last = k.sub(seq, 1);
  k.each(first, end, k.lanes(), [&](Value t) {
    Values sources;
    for (int64_t i = 0; i < k.lanes(); ++i)
      sources.push_back(k.add(k.mul(k.add(token0, k.min(k.add(t, i), last)), ldk), keyColumn));
    Value panel = k.roundDown(t, kPanelColumns), to = k.add(k.add(headK, k.mul(panel, headDim)), k.sub(t, panel));
    k.columns(headDim, 1, [&](ArrayRef<Columns> run) {
      Values rows;
      for (Value source : sources)
        rows.push_back(k.load(keys, k.add(source, run[0].at), run[0].count));
      transpose(k, rows);
      for (int64_t i = 0; i < run[0].count; ++i)
        k.store(rows[i], packedK, k.add(to, k.mul(k.add(run[0].at, i), kPanelColumns)));
    });
  });

  int64_t panels = llvm::divideCeil(valueDim, kPanelColumns);
  Value panelSize = k.mul(padded, kPanelColumns), headV = k.mul(k.mul(k.workgroup(0), panels), panelSize);
  auto row = [&](Value t, bool exists) {
    Value from = k.add(k.mul(k.add(token0, t), ldv), valueColumn), to = k.add(headV, k.mul(t, kPanelColumns));
    for (int64_t d = 0; d < panels * kPanelColumns; d += k.lanes()) {
      Value vector = exists && d < valueDim ? k.load(values, k.add(from, d), valueDim - d) : k.splat(0.0);
      k.store(vector, packedV, k.add(k.add(to, k.mul(panelSize, d / kPanelColumns)), d % kPanelColumns));
    }
  };
  Value valuesEnd = k.min(end, seq);
  k.each(first, valuesEnd, 1, [&](Value t) { row(t, true); });
  k.each(valuesEnd, end, 1, [&](Value t) { row(t, false); });
  k.end();
  return success();
}
