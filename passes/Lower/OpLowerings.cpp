// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Asks every room of passes/Ops how its ops are lowered, once.
#include "OpLowerings.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::lower;

const OpLowering *OpLowerings::find(Operation *op) const {
  auto found = entries.find(op->getName().getStringRef());
  return found == entries.end() ? nullptr : &found->second;
}

const OpLowerings &lower::opLowerings() {
  static const OpLowerings all = [] {
    OpLowerings ops;
#define VEOMNI_OP_ROOM(name) rooms::name(ops);
#include "veomni/Passes/Lower/Rooms.inc"
#undef VEOMNI_OP_ROOM
    return ops;
  }();
  return all;
}
