// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = one value: where sums start.
#include "Kernels.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;

static void checkFill(Kernel &kernel, Problems &problems) {
  double value = kernel.number("value");
  if (kernel.isInteger("out") && !(value == std::floor(value) && std::abs(value) < 0x1p31))
    problems.add("attribute 'value' is " + std::to_string(value) + ", expected an integer of 32 bits, as out is i32");
}

static void emitFill(KernelBuilder &k, const Kernel &kernel) {
  int64_t cols = kernel.size("cols"), ldo = kernel.stride("out");
  double value = kernel.number("value");
  bool integer = kernel.isInteger("out");
  k.begin();
  Value values = integer ? k.constant(k.vectorOf(k.i32()), int64_t(value)) : k.splat(value);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(values, k.operand(0), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
}

KernelKinds kinds::Fill() {
  return {{.name = "fill",
           .summary = "out = one value: where sums start.",
           .operands = {write("out", "[rows.. | cols..] x f32|bf16|i32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {number("value", "a whole number of 32 bits where out is i32")},
           .example = {"write [r, 20] x bf16", "{value = 1.0 : f32}"},
           .check = checkFill,
           .emit = emitFill}};
}
