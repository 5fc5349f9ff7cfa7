// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the column that the row's label names; 0 if the label is to be ignored, NaN if there is no such column.
#include "Kernels.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;

static void emitGatherLabel(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), ldx = kernel.stride("x"), ignoreIndex = kernel.integer("ignore_index");
  k.begin();
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value label = k.loadScalar(k.operand(1), row);
    // A label that is no column must neither read outside the row nor go unnoticed.
    Value known = k.compare(arith::CmpIPredicate::ult, label, k.constant(k.i64(), cols));
    Value column = k.select(known, k.indexCast(label, k.ops().getIndexType()), k.index(0));
    Value picked =
        k.select(known, k.loadScalar(k.operand(0), k.add(k.mul(row, ldx), column)), k.constant(k.f32(), double(NAN)));
    Value ignored = k.compare(arith::CmpIPredicate::eq, label, k.constant(k.i64(), ignoreIndex));
    k.storeScalar(k.select(ignored, k.constant(k.f32(), 0.0), picked), k.operand(2), row);
  });
  k.end();
}

KernelKinds kinds::GatherLabel() {
  return {{.name = "gather_label",
           .summary = "out = x[row, label]; 0 where the label is to be ignored, NaN where there is no such column.",
           .operands = {read("x", "[rows.. | cols] x f32"), read("labels", "[rows..] x i64"),
                        write("out", "[rows..] x f32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {integer("ignore_index", "the label of rows that count for nothing",
                                  std::numeric_limits<int64_t>::min())},
           .example = {"read [r, 20] x f32; read [r] x i64; write [r] x f32", "{ignore_index = -100}"},
           .emit = emitGatherLabel}};
}
