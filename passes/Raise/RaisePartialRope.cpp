// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The first columns of every head turned, the others behind them as they were.
#include "Raise.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

LogicalResult raise::raisePartialRope(ConcatOp root, PatternRewriter &rewriter) {
  auto turned = madeBy<RopeOp>(root.getA());
  auto rest = madeBy<SliceOp>(root.getB());
  if (!turned || !rest)
    return failure();
  Candidate candidate(root, "rope");
  Value x = rest.getX();
  int64_t columns = lastDim(turned);
  if (sliceOf(turned.getX(), 0, columns) != x || sliceOf(rest, columns, lastDim(x) - columns) != x)
    return candidate.missed("what is turned and what is not are not all columns of one tensor");
  if (columns != 2 * lastDim(turned.getCos()))
    return candidate.missed("not all of the columns in front are turned");
  return candidate.raise<RopeOp>(rewriter, root.getResult(), x, {turned.getCos(), turned.getSin()}, x, turned.getCos(),
                                 turned.getSin(), turned.getLayout());
}
