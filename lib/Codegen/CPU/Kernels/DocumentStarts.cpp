// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// starts[s] = index of the first token of the run of consecutive positions that token s is in: packed documents restart
// their positions.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitDocumentStarts(KernelBuilder &k, const Kernel &kernel) {
  k.begin();
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
}

KernelKinds kinds::DocumentStarts() {
  return {{.name = "document_starts",
           .summary = "starts[s] = index of the first token of the run of consecutive positions that holds s.",
           .operands = {read("positions", "[batch, seq] x i64"), write("starts", "[batch, seq] x i32")},
           .scalars = {scalar("batch"), scalar("seq"), {"ignore", "", "not 0: every row is one run"}},
           .workgroups = {"batch"},
           .example = {"read [b, s] x i64; write [b, s] x i32"},
           .emit = emitDocumentStarts}};
}
