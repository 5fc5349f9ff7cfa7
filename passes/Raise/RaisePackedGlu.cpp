// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A gated linear unit whose gate and up are the two halves of one tensor.
#include "Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

LogicalResult raise::raisePackedGlu(GluOp root, PatternRewriter &rewriter) {
  auto gate = madeBy<SliceOp>(root.getGate()), up = madeBy<SliceOp>(root.getUp());
  if (!gate || !up || gate.getX() != up.getX())
    return failure();
  Candidate candidate(root, "packed_glu");
  int64_t columns = lastDim(root);
  Value x = gate.getX();
  if (sliceOf(up, 0, columns) && sliceOf(gate, columns, columns))
    return candidate.missed("the gate comes behind up");
  if (!sliceOf(gate, 0, columns) || !sliceOf(up, columns, columns) || lastDim(x) != 2 * columns)
    return candidate.missed("gate and up are not the halves of what they are taken from");
  return candidate.raise<PackedGluOp>(rewriter, root.getResult(), x, {}, root.getType(), x, root.getAct(), GluLayout::Concat,
                                      /*limit=*/FloatAttr(), /*alpha=*/FloatAttr(), /*up_shift=*/FloatAttr());
}
