// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gated delta rule, token by token: S = e^g S, S += kT beta (v - k S), out = q S, for each head and its state S.
// A workgroup takes kDeltaColumns columns of the values of one head, whose part of S lies by itself in `state`
// [batch, heads, blocks, key_dim, kDeltaColumns]; nothing is summed over workgroups. With a = k S and b = q S of the
// state before a token
//   delta = beta (v - e^g a),  out = e^g b + (q k) delta,  S = e^g S + kT delta,
// so that a token reads the state twice and writes it once.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitGatedDeltaScan(KernelBuilder &k, const Kernel &kernel) {
  int64_t heads = kernel.size("heads"), keyHeads = kernel.size("key_heads");
  int64_t keyDim = kernel.size("key_dim"), valueDim = kernel.size("value_dim");
  int64_t ldq = kernel.stride("q"), ldk = kernel.stride("k"), ldv = kernel.stride("v");
  int64_t ldg = kernel.stride("g"), ldb = kernel.stride("beta"), ldo = kernel.stride("out");
  k.begin();
  Value q = k.operand(0), keys = k.operand(1), v = k.operand(2), g = k.operand(3), betas = k.operand(4),
        starts = k.operand(5);
  Value state = k.operand(6), out = k.operand(7), seq = k.scalar(0);
  const int64_t lanes = k.lanes(), blocks = (valueDim + kDeltaColumns - 1) / kDeltaColumns;
  const int64_t vectors = (std::min(valueDim, kDeltaColumns) + lanes - 1) / lanes;

  Value batch = k.div(k.workgroup(0), heads), head = k.sub(k.workgroup(0), k.mul(batch, heads)), block = k.workgroup(1);
  Value own = k.mul(k.add(k.mul(k.workgroup(0), blocks), block), keyDim * kDeltaColumns);
  Value keyColumn = k.mul(k.div(head, heads / keyHeads), keyDim), firstColumn = k.mul(block, kDeltaColumns);
  Value column = k.add(k.mul(head, valueDim), firstColumn);
  // The state's columns behind the last value stay 0.
  Values masks(vectors);
  for (int64_t i = 0; valueDim % kDeltaColumns != 0 && i < vectors; ++i) {
    Value left = k.sub(k.index(valueDim), k.add(firstColumn, i * lanes));
    masks[i] = k.mask(k.min(k.max(left, k.index(0)), k.index(lanes)));
  }
  auto stateAt = [&](Value row, int64_t vector) {
    return k.add(k.add(own, k.mul(row, kDeltaColumns)), vector * lanes);
  };
  auto scalarAt = [&](Value buffer, Value at) { return k.broadcast(k.loadScalar(buffer, at)); };

  k.each(k.index(0), seq, 1, [&](Value token) {
    Value row = k.add(k.mul(batch, seq), token);
    Value begins = k.compare(arith::CmpIPredicate::eq, k.loadIndex(starts, row), token);
    k.when(k.bitOr(begins, k.compare(arith::CmpIPredicate::eq, token, k.index(0))), [&] {
      k.each(k.index(0), k.index(keyDim), 1, [&](Value i) {
        for (int64_t vector = 0; vector < vectors; ++vector)
          k.store(k.splat(0.0), state, stateAt(i, vector));
      });
    });

    Value qAt = k.add(k.mul(row, ldq), keyColumn), kAt = k.add(k.mul(row, ldk), keyColumn);
    Value decay = emitExp(k, scalarAt(g, k.add(k.mul(row, ldg), head))),
          beta = scalarAt(betas, k.add(k.mul(row, ldb), head));
    Value product = k.columns(keyDim, 1, {k.splat(0.0)}, [&](ArrayRef<Columns> run, ValueRange sum) {
      auto [at, count] = run[0];
      return Values{k.fma(k.load(q, k.add(qAt, at), count), k.load(keys, k.add(kAt, at), count), sum[0])};
    })[0];
    product = k.broadcast(k.sum(product));

    // Sums of k S, then those of q S.
    Values sums =
        k.loop(k.index(0), k.index(keyDim), 1, Values(2 * vectors, k.splat(0.0)), [&](Value i, ValueRange carried) {
          Value key = scalarAt(keys, k.add(kAt, i)), query = scalarAt(q, k.add(qAt, i));
          Values next(2 * vectors);
          for (int64_t vector = 0; vector < vectors; ++vector) {
            Value held = k.load(state, stateAt(i, vector));
            next[vector] = k.fma(key, held, carried[vector]);
            next[vectors + vector] = k.fma(query, held, carried[vectors + vector]);
          }
          return next;
        });
    Values deltas(vectors);
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value at = k.add(column, vector * lanes), minusDecay = k.sub(k.splat(-0.0), decay);
      Value value = k.load(v, k.add(k.mul(row, ldv), at), masks[vector]);
      deltas[vector] = k.mul(beta, k.fma(minusDecay, sums[vector], value));
      Value result = k.fma(product, deltas[vector], k.mul(decay, sums[vectors + vector]));
      k.store(result, out, k.add(k.mul(row, ldo), at), masks[vector]);
    }
    k.each(k.index(0), k.index(keyDim), 1, [&](Value i) {
      Value key = scalarAt(keys, k.add(kAt, i));
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value at = stateAt(i, vector);
        k.store(k.fma(key, deltas[vector], k.mul(decay, k.load(state, at))), state, at);
      }
    });
  });
  k.end();
}

KernelKinds kinds::GatedDeltaScan() {
  return {{.name = "gated_delta_scan",
           .summary = "The gated delta rule, token by token: S = e^g S, S += kT beta (v - k S), out = q S, for each "
                      "head and its state S.",
           .operands = {read("q", "[batch, seq | key_heads, key_dim] x f32"),
                        read("k", "[batch, seq | key_heads, key_dim] x f32"),
                        read("v", "[batch, seq | heads, value_dim] x f32"), read("g", "[batch, seq | heads] x f32"),
                        read("beta", "[batch, seq | heads] x f32"), read("starts", "[batch, seq] x i32"),
                        write("state", "[batch, heads, ceildiv(value_dim, 32), key_dim, 32] x f32"),
                        write("out", "[batch, seq | heads, value_dim] x f32")},
           .scalars = {scalar("seq")},
           .workgroups = {"batch * heads", blocks("value_dim", kDeltaColumns)},
           // k S, kT (beta (v - k S)) and q S, of each token.
           .flops = [](const Kernel &) { return productFlops("3", "batch", "seq", "heads", "key_dim", "value_dim"); },
           .example = {"read [b, s, 2, 12] x f32, row_rank = 2; read [b, s, 2, 12] x f32, row_rank = 2; read [b, s, 4, "
                       "40] x f32, row_rank "
                       "= 2; read [b, s, 4] x f32; read [b, s, 4] x f32; read [b, s] x i32; write [b, 4, 2, 12, 32] x "
                       "f32; write [b, s, 4, "
                       "40] x f32, row_rank = 2"},
           .check = [](Kernel &kernel, Problems &problems) { kernel.expectMultiple("heads", "key_heads", problems); },
           .emit = emitGatedDeltaScan}};
}
