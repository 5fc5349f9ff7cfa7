// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Adds up what the experts gave for each token, in rising order of the experts: the order of the loop over experts, to the last bit.
#include "Kernels.h"
#include "veomni/Codegen/CPU/WorkSplit.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitExpertSum(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), topK = attributes.integer("top_k"), ldx = attributes.integer("ldx"),
          ldp = attributes.integer("ldp"), ldw = attributes.integer("ldw"), ldo = attributes.integer("ldo");
  Type type = attributes.elementType("type");
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i32(), k.i32(), k.f32(), type}, 1);
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
  return success();
}
