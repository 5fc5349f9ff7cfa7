// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Columns of a wider row.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// What uses it reads the columns where they are, or asks for a copy.
static LogicalResult lower(FunctionLowering &f, SliceOp op) { return success(); }

void rooms::Slice(OpLowerings &ops) { ops.add<SliceOp>(lower); }

} // namespace veomni::lower
