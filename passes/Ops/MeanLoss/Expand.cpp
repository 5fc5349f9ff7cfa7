// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The sum of the losses by the number of tokens that count.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;

static expand::Values eagerForm(expand::EagerBuilder &b, MeanLossOp op) {
  return {b.div(b.sumLeading(op.getLosses(), 0), b.sumLeading(op.getCounts(), 0))};
}

void expand::rooms::MeanLoss(Expansions &ops) { ops.add<MeanLossOp>(eagerForm); }
