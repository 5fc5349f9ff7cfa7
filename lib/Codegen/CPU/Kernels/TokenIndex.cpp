// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts the tokens of one id, through all rows.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitTokenIndex(KernelBuilder &k, const Kernel &kernel) {
  k.begin();
  Value token = k.constant(k.i64(), kernel.integer("token")), ids = k.operand(0), out = k.operand(1);
  Value none = k.constant(k.i32(), int64_t(-1)), one = k.constant(k.i32(), int64_t(1));
  k.loop(k.index(0), k.scalar(0), 1, {k.constant(k.i32(), int64_t(0))}, [&](Value row, ValueRange carried) {
    Value counts = k.compare(arith::CmpIPredicate::eq, k.loadScalar(ids, row), token);
    k.storeScalar(k.select(counts, carried[0], none), out, row);
    Value next = arith::AddIOp::create(k.ops(), carried[0], one);
    return Values{k.select(counts, next, carried[0])};
  });
  k.end();
}

KernelKinds kinds::TokenIndex() {
  return {{.name = "token_index",
           .summary = "out = how many elements before it are `token`, where the element itself is; -1 elsewhere.",
           .operands = {read("ids", "[rows..] x i64"), write("out", "[rows..] x i32")},
           .scalars = {scalar("rows")},
           .workgroups = {"1"},
           .attributes = {integer("token", "the id", std::numeric_limits<int64_t>::min())},
           .example = {"read [b, s] x i64; write [b, s] x i32", "{token = 7}"},
           .emit = emitTokenIndex}};
}
