// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cast(act(gate32)) * up.
#include "Raise/Raise.h"
#include "Raise/Activation.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

static LogicalResult raiseGlu(BinaryOp root, PatternRewriter &rewriter) {
  std::optional<Activated> activated;
  Value activation, up;
  for (Pair factors : eitherWay(root, BinaryKind::Mul)) {
    if (activated)
      break;
    activation = factors.first, up = factors.second;
    activated = activationOf(uncast(activation));
  }
  if (!activated)
    return failure();

  Candidate candidate(root, "glu");
  if (!activated->problem.empty())
    return candidate.missed(activated->problem);
  if (activated->alpha != 1)
    return candidate.missed("the sigmoid is of the gate times a number, and gate and up are not of one tensor");
  if (!elementOf(activated->x).isF32())
    return candidate.missed("the activation's arithmetic is not f32");
  Value gate = elementOf(activation).isF32() ? activated->x : castOf(activated->x);
  if (!gate || gate.getType() != up.getType() || gate.getType() != root.getType())
    return candidate.missed("gate, activation, up and result are not of one type");
  return candidate.raise<GluOp>(rewriter, root.getResult(), {gate, up}, {}, gate, up, activated->act);
}

// [raise-room]
void raise::rooms::Glu(Raisings &ops) { ops.add(Stage::parts, raiseGlu); }
// [/raise-room]
