// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out[t] = rows[index[t]]; where the index is negative, other rows or 0.
#include "Kernels.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;

template <bool hasOther> static void emit(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), ldr = kernel.stride("rows"), ldo = kernel.stride("out");
  k.begin();
  Value rows = k.operand(0), index = k.operand(1), out = k.operand(hasOther ? 3 : 2), count = k.scalar(1);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value to = k.mul(row, ldo);
    auto fill = [&](double value) {
      k.columns(cols, 4, [&](ArrayRef<Columns> run) {
        for (Columns c : run)
          k.store(k.splat(value), out, k.add(to, c.at), c.count);
      });
    };
    Value from = k.indexCast(k.loadScalar(index, row), k.ops().getIndexType());
    auto otherwise = [&] {
      auto none = [&] {
        if (hasOther)
          copyColumns(k, cols, k.operand(2), k.mul(row, kernel.stride("other")), out, to);
        else
          fill(0.0);
      };
      // An index beyond the rows must neither read there nor go unnoticed.
      k.when(k.compare(arith::CmpIPredicate::slt, from, k.index(0)), none, [&] { fill(double(NAN)); });
    };
    k.when(
        k.compare(arith::CmpIPredicate::ult, from, count),
        [&] { copyColumns(k, cols, rows, k.mul(from, ldr), out, to); }, otherwise);
  });
  k.end();
}

static KernelKind kindTakeRows(bool hasOther) {
  KernelKind kind{.name = hasOther ? "take_rows_or" : "take_rows",
                  .summary = hasOther ? "out[t] = rows[index[t]]; other[t] where the index is negative."
                                      : "out[t] = rows[index[t]]; 0 where the index is negative.",
                  .details = "An index beyond the rows gives NaN.",
                  .operands = {read("rows", "[count | cols] x f32"), read("index", "[tokens..] x i32")},
                  .scalars = {scalar("tokens"), scalar("count")},
                  .workgroups = {blocks("tokens", kRowBlock)},
                  .example = {hasOther ? "read [n, 20] x f32; read [b, s] x i32; read [b, s, 20] x f32; write [b, s, "
                                         "20] x f32"
                                       : "read [n, 20] x f32; read [b, s] x i32; write [b, s, 20] x f32"},
                  .emit = hasOther ? emit<true> : emit<false>};
  if (hasOther)
    kind.operands.push_back(read("other", "[tokens.. | cols] x f32"));
  kind.operands.push_back(write("out", "[tokens.. | cols] x f32"));
  return kind;
}

KernelKinds kinds::TakeRows() { return {kindTakeRows(false), kindTakeRows(true)}; }
