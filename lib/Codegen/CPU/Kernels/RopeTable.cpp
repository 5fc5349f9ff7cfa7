// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cos and sin of position * inv_freq, times `scale`. The angle is rounded to f32, as in the reference implementations.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void checkRopeTable(Kernel &kernel, Problems &problems) {
  int64_t found = kernel.numbers("inv_freq").size(), expected = kernel.size("count");
  if (found != expected)
    problems.add("attribute 'inv_freq' has " + std::to_string(found) + " numbers, expected the " +
                 std::to_string(expected) + " of cos and sin");
  kernel.expectEqualStrides("cos", "sin", problems);
}

static void emitRopeTable(KernelBuilder &k, const Kernel &kernel) {
  ArrayRef<float> frequencies = kernel.numbers("inv_freq");
  double scale = kernel.number("scale");
  int64_t ldo = kernel.stride("cos");
  k.begin();
  int64_t cols = frequencies.size();
  Value table = k.table(frequencies);
  k.rows(k.scalar(0), kWideRowBlock, [&](Value row) {
    Value position = arith::SIToFPOp::create(k.ops(), k.f32(), k.loadScalar(k.operand(0), row));
    Value positions = k.broadcast(position), at = k.mul(row, ldo);
    k.columns(cols, 1, [&](ArrayRef<Columns> run) {
      for (Columns c : run) {
        auto [cosine, sine] = emitCosSin(k, k.mul(k.load(table, c.at, c.count), positions));
        k.store(k.mul(cosine, k.splat(scale)), k.operand(1), k.add(at, c.at), c.count);
        k.store(k.mul(sine, k.splat(scale)), k.operand(2), k.add(at, c.at), c.count);
      }
    });
  });
  k.end();
}

KernelKinds kinds::RopeTable() {
  return {{.name = "rope_table",
           .summary = "cos and sin of position * inv_freq, times `scale`; the angle is rounded to f32.",
           .operands = {read("positions", "[rows..] x i64"), write("cos", "[rows.. | count] x O"),
                        write("sin", "[rows.. | count] x O")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kWideRowBlock)},
           .attributes = {{"inv_freq", AttributeRule::numbers, "`count` frequencies"},
                          number("scale", "what both are multiplied with")},
           .example = {"read [r] x i64; write [r, 2] x bf16; write [r, 2] x bf16",
                       "{inv_freq = array<f32: 1.0, 0.1>, scale = 1.0 : f32}"},
           .check = checkRopeTable,
           .emit = emitRopeTable}};
}
