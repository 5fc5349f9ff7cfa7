// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Keys and values of one head, as f32 panels that the tiles of `attention` read in order.
//
//   packed_k [batch * kv_heads][ceil(T / 32)][D][32]       a panel is 32 keys, transposed; behind the last key it is
//   repeated packed_v [batch * kv_heads][ceil(V / 32)][ceil(T / 32) * 32][32]   behind the last value and column: 0
//
// What is filled in never shows in a result, but must be finite: hidden values are multiplied by 0.
#include "../Transpose.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

/// Values that fill their rows say how long they are.
static void checkAttentionPack(Kernel &kernel, Problems &problems) {
  if (!kernel.hasAttribute("v_head_dim")) {
    kernel.expectMultiple("v_width", "kv_heads", problems);
    kernel.setSize("v_head_dim", std::max<int64_t>(kernel.size("v_width") / kernel.size("kv_heads"), 1));
  }
  kernel.limit("head_dim", kMostHeadDim, problems);
  kernel.limit("v_head_dim", kMostHeadDim, problems);
}

static void emitAttentionPack(KernelBuilder &k, const Kernel &kernel) {
  int64_t heads = kernel.size("kv_heads"), headDim = kernel.size("head_dim"), valueDim = kernel.size("v_head_dim");
  int64_t ldk = kernel.stride("k"), ldv = kernel.stride("v");
  Runs valueRuns = kernel.runs("v");
  k.begin();
  Value keys = k.operand(0), values = k.operand(1), packedK = k.operand(2), packedV = k.operand(3), count = k.scalar(1);
  Value batch = k.div(k.workgroup(0), heads), head = k.sub(k.workgroup(0), k.mul(batch, heads));
  Value keyColumn = k.mul(head, headDim), valueColumn = k.add(k.mul(head, valueRuns.run), valueRuns.at);
  Value padded = k.roundUp(count, kPanelColumns);
  Value first = k.mul(k.workgroup(1), kAttentionPackRows), end = k.min(k.add(first, kAttentionPackRows), padded);
  Value token0 = k.mul(batch, count);

  Value headK = k.mul(k.mul(k.workgroup(0), padded), headDim), last = k.sub(count, 1);
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
  Value valuesEnd = k.min(end, count);
  k.each(first, valuesEnd, 1, [&](Value t) { row(t, true); });
  k.each(valuesEnd, end, 1, [&](Value t) { row(t, false); });
  k.end();
}

KernelKinds kinds::AttentionPack() {
  return {{.name = "attention_pack",
           .summary = "Keys and values of each head as f32 panels for `attention`.",
           .details = "A panel of keys is 32 keys, transposed; behind the last key it is repeated. Panels of values "
                      "hold 32 columns of one key "
                      "after the other, 0 behind the last key and column.",
           .operands = {read("k", "[batch, keys | kv_heads, head_dim] x T"),
                        readRuns("v", "[batch, keys | v_width..] x T", "kv_heads", "v_head_dim"),
                        write("packed_k", "[batch, kv_heads, ceildiv(keys, 32), head_dim, 32] x f32"),
                        write("packed_v", "[batch, kv_heads, ceildiv(v_head_dim, 32), ceildiv(keys, 32), 1024] x f32")},
           .scalars = {scalar("batch"), scalar("keys")},
           .workgroups = {"batch * kv_heads", blocks("keys", kAttentionPackRows)},
           .attributes = {optional(
               integer("v_head_dim", "columns of values of one head, where these lie within wider rows"))},
           .example = {"read [b, 50, 2, 20] x bf16, row_rank = 2; read [b, 50, 2, 20] x bf16, row_rank = 2; write [b, "
                       "2, 2, 20, 32] x f32; "
                       "write [b, 2, 1, 2, 1024] x f32"},
           .check = checkAttentionPack,
           .emit = emitAttentionPack}};
}
