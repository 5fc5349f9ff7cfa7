// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = 1 in rows whose number is not `value`, otherwise 0.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void emitNotEqual(KernelBuilder &k, const Kernel &kernel) {
  int64_t value = kernel.integer("value"), ldo = kernel.stride("out");
  k.begin();
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value other = k.compare(arith::CmpIPredicate::ne, k.loadScalar(k.operand(0), row), k.constant(k.i64(), value));
    k.storeScalar(k.select(other, k.constant(k.f32(), 1.0), k.constant(k.f32(), 0.0)), k.operand(1), k.mul(row, ldo));
  });
  k.end();
}

KernelKinds kinds::NotEqual() {
  return {{.name = "not_equal",
           .summary = "out = 1 in rows whose number is not `value`, otherwise 0.",
           .operands = {read("tokens", "[rows..] x i64"), write("out", "[rows.. | 1] x f32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {integer("value", "the number of rows that get 0", std::numeric_limits<int64_t>::min())},
           .example = {"read [r] x i64; write [r, 1] x f32", "{value = -100}"},
           .emit = emitNotEqual}};
}
