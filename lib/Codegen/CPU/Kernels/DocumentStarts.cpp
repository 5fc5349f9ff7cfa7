// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// starts[s] = index of the first token of the run of consecutive positions that token s is in: packed documents restart their positions.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

LogicalResult veomni::cpu::emitDocumentStarts(KernelBuilder &k, Attributes &attributes) {
  if (failed(attributes.check()))
    return failure();

  k.begin({k.i64(), k.i32()}, 3);
  Value positions = k.operand(0), starts = k.operand(1), seq = k.scalar(1);
  Value ignore = k.compare(arith::CmpIPredicate::ne, k.scalar(2), k.index(0));
  Value base = k.mul(k.workgroup(0), seq);
  // Token 0 is compared with itself, does not follow itself, and so starts a run.
  k.loop(k.index(0), seq, 1, {k.index(0)}, [&](Value s, ValueRange carried) {
    Value here = k.add(base, s), before = k.max(k.sub(here, 1), base);
    Value expected = k.add(k.loadScalar(positions, before), k.constant(k.i64(), int64_t(1)));
    Value goesOn = k.compare(arith::CmpIPredicate::eq, k.loadScalar(positions, here), expected);
    Value start = k.select(k.bitOr(goesOn, ignore), carried[0], s);
    k.storeScalar(k.indexCast(start, k.i32()), starts, here);
    return Values{start};
  });
  k.end();
  return success();
}
