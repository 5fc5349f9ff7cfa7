// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// out = the sum of the `groups` runs of columns of each row, column by column, in order.
#include "Runs.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitSumHeads(KernelBuilder &k, Attributes &attributes) {
  RunsOfRows rows(attributes);
  int64_t ldx = rows.stride(attributes, "ldx"), ldo = rows.stride(attributes, "ldo");
  if (failed(attributes.check()))
    return failure();

  k.begin({k.f32(), k.f32()}, rows.scalars());
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Value to = rows.run(k, row, k.index(0), ldo, 1);
    k.columns(rows.cols(k), [&](Value at, Value mask) {
      Value total = k.loop(k.index(0), k.index(rows.groups()), 1, {k.splat(0.0)}, [&](Value group, ValueRange sum) {
        Value from = rows.run(k, row, group, ldx, rows.groups());
        return Values{k.add(sum[0], k.load(k.operand(0), k.add(from, at), mask))};
      })[0];
      k.store(total, k.operand(1), k.add(to, at), mask);
    });
  });
  k.end();
  return success();
}
