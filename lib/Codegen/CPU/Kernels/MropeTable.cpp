// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cos and sin of the sum over axes of inv_freq[axis] * position[axis], times `scale`. A frequency that turns by one
// axis is 0 for the others, so that the sum is its one product.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void checkMropeTable(Kernel &kernel, Problems &problems) {
  const auto found = int64_t(kernel.numbers("inv_freq").size());
  if (int64_t expected = kernel.size("count") * kernel.size("axes"); found != expected)
    problems.add("attribute 'inv_freq' has " + std::to_string(found) + " numbers, expected " +
                 std::to_string(expected) + ", one for each axis and each of cos and sin");
  kernel.expectEqualStrides("cos", "sin", problems);
}

static void emitMropeTable(KernelBuilder &k, const Kernel &kernel) {
  ArrayRef<float> frequencies = kernel.numbers("inv_freq");
  const double scale = kernel.number("scale");
  const int64_t ldo = kernel.stride("cos"), axes = kernel.size("axes"), cols = kernel.size("count");
  k.begin();
  SmallVector<Value> tables;
  for (int64_t axis = 0; axis < axes; ++axis)
    tables.push_back(k.table(frequencies.slice(size_t(axis * cols), size_t(cols))));
  k.rows(k.scalar(0), kWideRowBlock, [&](Value row) {
    SmallVector<Value> positions;
    for (int64_t axis = 0; axis < axes; ++axis) {
      Value at = k.add(k.mul(k.scalar(0), axis), row);
      positions.push_back(k.broadcast(arith::SIToFPOp::create(k.ops(), k.f32(), k.loadScalar(k.operand(0), at))));
    }
    Value at = k.mul(row, ldo);
    k.columns(cols, 1, [&](ArrayRef<Columns> run) {
      for (Columns c : run) {
        Value angle;
        for (auto [table, position] : llvm::zip_equal(tables, positions)) {
          Value product = k.mul(k.load(table, c.at, c.count), position);
          angle = angle ? k.add(angle, product) : product;
        }
        auto [cosine, sine] = emitCosSin(k, angle);
        k.store(k.mul(cosine, k.splat(scale)), k.operand(1), k.add(at, c.at), c.count);
        k.store(k.mul(sine, k.splat(scale)), k.operand(2), k.add(at, c.at), c.count);
      }
    });
  });
  k.end();
}

KernelKinds kinds::MropeTable() {
  return {{.name = "mrope_table",
           .summary =
               "cos and sin of the sum over axes of inv_freq * position, times `scale`; products are rounded to f32.",
           .operands = {read("positions", "[axes, batch, seq] x i64"), write("cos", "[batch, seq | count] x O"),
                        write("sin", "[batch, seq | count] x O")},
           .scalars = {{"rows", "batch * seq"}},
           .workgroups = {blocks("batch * seq", kWideRowBlock)},
           .attributes = {{"inv_freq", AttributeRule::numbers, "`count` frequencies for each of `axes`"},
                          number("scale", "what both are multiplied with")},
           .example = {"read [3, b, s] x i64; write [b, s, 2] x bf16; write [b, s, 2] x bf16",
                       "{inv_freq = array<f32: 1.0, 0.0, 0.0, 0.0, 0.0, 0.1>, scale = 1.0 : f32}"},
           .check = checkMropeTable,
           .emit = emitMropeTable}};
}
