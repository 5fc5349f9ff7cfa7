// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Adds up what the experts gave for each token, in rising order of the experts: the order of the loop over experts, to
// the last bit.
#include "Kernels.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitExpertSum(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), topK = kernel.size("top_k"), ldx = kernel.stride("x"),
          ldp = kernel.stride("places"), ldw = kernel.stride("weights"), ldo = kernel.stride("out");
  k.begin();
  Value x = k.operand(0), routes = k.operand(1), places = k.operand(2), weights = k.operand(3), out = k.operand(4);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value outRow = k.mul(row, ldo);
    auto sumOf = [&](ArrayRef<Columns> run) {
      Values zeros(run.size(), k.splat(0.0));
      return k.loop(k.index(0), k.index(topK), 1, zeros, [&](Value i, ValueRange sums) {
        Value place = k.loadIndex(places, k.add(k.mul(row, ldp), i)), route = k.loadIndex(routes, place);
        // Not relative to this row: the rows at hand may be a part of the tokens that were routed.
        Value slot = k.sub(route, k.mul(k.div(route, topK), topK));
        Value weight = k.broadcast(k.loadScalar(weights, k.add(k.mul(row, ldw), slot))), from = k.mul(place, ldx);
        Values next;
        for (auto [c, sum] : llvm::zip_equal(run, sums))
          next.push_back(k.fma(weight, k.load(x, k.add(from, c.at), c.count), sum));
        return next;
      });
    };
    k.columns(cols, 8, [&](ArrayRef<Columns> run) {
      for (auto [c, sum] : llvm::zip_equal(run, sumOf(run)))
        k.store(sum, out, k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::ExpertSum() {
  return {{.name = "expert_sum",
           .summary = "out[t] = sum over i of weights[t, routes[places[t, i]] % top_k] * x[places[t, i]].",
           .details = "From 0 in rising i: bit for bit what `expert_combine` in a loop over the experts gives.",
           .operands = {read("x", "[routes | cols] x T"), read("routes", "[routes] x i32"),
                        read("places", "[rows.. | top_k] x i32", "positions among the routes"),
                        read("weights", "[rows.. | top_k] x f32"), write("out", "[rows.. | cols] x T")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .example =
               {"read [20, 8] x bf16; read [20] x i32; read [10, 2] x i32; read [10, 2] x f32; write [10, 8] x bf16"},
           .emit = emitExpertSum}};
}
