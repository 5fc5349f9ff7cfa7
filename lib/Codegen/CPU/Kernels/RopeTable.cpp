// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cos and sin of position * inv_freq, times `scale`. The angle is rounded to f32, as in the reference implementations.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitRopeTable(KernelBuilder &k, Attributes &attributes) {
  SmallVector<float> frequencies = attributes.floats("inv_freq");
  double scale = attributes.number("scale");
  int64_t ldo = attributes.integer("ldo");
  Type outType = attributes.elementType("out_type");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i64(), outType, outType}, 1);
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
  return success();
}
