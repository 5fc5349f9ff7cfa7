// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the column that the row's label names; 0 if the label is to be ignored, NaN if there is no such column.
#include "Kernels.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitGatherLabel(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldx = attributes.integer("ldx"), ldo = attributes.integer("ldo");
  int64_t ignoreIndex = attributes.integer("ignore_index", std::numeric_limits<int64_t>::min());
  if (failed(attributes.check()))
    return failure();

  k.begin({k.f32(), k.i64(), k.f32()}, 1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value label = k.loadScalar(k.operand(1), row);
    // A label that is no column must neither read outside the row nor go unnoticed.
    Value known = k.compare(arith::CmpIPredicate::ult, label, k.constant(k.i64(), cols));
    Value column = k.select(known, k.indexCast(label, k.ops().getIndexType()), k.index(0));
    Value picked = k.select(known, k.loadScalar(k.operand(0), k.add(k.mul(row, ldx), column)), k.constant(k.f32(), double(NAN)));
    Value ignored = k.compare(arith::CmpIPredicate::eq, label, k.constant(k.i64(), ignoreIndex));
    k.storeScalar(k.select(ignored, k.constant(k.f32(), 0.0), picked), k.operand(2), k.mul(row, ldo));
  });
  k.end();
  return success();
}
