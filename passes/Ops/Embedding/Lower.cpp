// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of a table, by the ids of tokens.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, EmbeddingOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/0)))
    return failure();
  FailureOr<Value> table = f.param(op.getTable(), /*product=*/false);
  if (failed(table))
    return noParameter(op, "table");
  Value ids = f.buffer(op.getIds()), out = f.allocate(op.getResult());
  return f.dispatch(op, "embedding", {}, {f.read(ids), f.read(*table), f.write(out)});
}

void rooms::Embedding(OpLowerings &ops) {
  ops.add<EmbeddingOp>(lower).indices([](IndexCheck &check, EmbeddingOp op) {
    return check.within(op, 0, cast<ShapedType>(op.getTable().getType()).getDimSize(0));
  });
}

} // namespace veomni::lower
