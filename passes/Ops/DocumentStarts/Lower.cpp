// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the packed document of each token begins.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, DocumentStartsOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value positions = f.buffer(op.getPositions()), out = f.allocate(op.getResult());
  return f.dispatch(op, "document_starts", {}, {f.read(positions), f.write(out)},
                    {f.program.extent({f.flag(op.getWholeIf())})});
}

void rooms::DocumentStarts(OpLowerings &ops) { ops.add<DocumentStartsOp>(lower); }

} // namespace veomni::lower
