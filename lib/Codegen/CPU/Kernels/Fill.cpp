// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = one value: where sums start.
#include "Kernels.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitFill(KernelBuilder &k, Attributes &attributes) {
  int64_t cols = attributes.integer("cols"), ldo = attributes.integer("ldo");
  StringRef typeName = attributes.choice("type", {"f32", "bf16", "i32"});
  double value = attributes.number("value");
  bool integer = typeName == "i32";
  if (integer && !(value == std::floor(value) && std::abs(value) < 0x1p31))
    attributes.error() << "attribute 'value' is " << value << ", expected an integer of 32 bits, as 'type' says";
  if (failed(attributes.check()))
    return failure();

  k.begin({integer ? k.i32() : typeName == "bf16" ? k.bf16() : k.f32()}, 1);
  Value values = integer ? k.constant(k.vectorOf(k.i32()), int64_t(value)) : k.splat(value);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value outRow = k.mul(row, ldo);
    k.columns(cols, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(values, k.operand(0), k.add(outRow, c.at), c.count);
    });
  });
  k.end();
  return success();
}
