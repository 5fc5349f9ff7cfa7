// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A gated unit in single steps: the activation of the gate, then the product with up.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

// [expand-room]
static expand::Values eagerForm(expand::EagerBuilder &b, GluOp op) {
  return {b.glu(op.getAct(), op.getGate(), op.getUp())};
}

void expand::rooms::Glu(Expansions &ops) { ops.add<GluOp>(eagerForm); }
// [/expand-room]
