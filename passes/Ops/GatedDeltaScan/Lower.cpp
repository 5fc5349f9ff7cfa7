// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scan of linear attention.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, GatedDeltaScanOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey()), v = f.buffer(op.getValue()), g = f.buffer(op.getG());
  Value beta = f.buffer(op.getBeta()), starts = f.buffer(op.getStarts()), out = f.allocate(op.getResult());
  ArrayRef<int64_t> keys = cast<RankedTensorType>(op.getKey().getType()).getShape().take_back(2);
  ArrayRef<int64_t> values = cast<RankedTensorType>(op.getValue().getType()).getShape().take_back(2);
  ArrayRef<rt::Dim> tokens = f.type(starts).getDims();
  int64_t columns = f.program.backend.scratch().deltaColumns;
  rt::Dim heads(values[0]), blocks((values[1] + columns - 1) / columns);
  Value state = f.scratch(rt::BufferType::get(f.context, {tokens[0], heads, blocks, rt::Dim(keys[1]), rt::Dim(columns)},
                                              Float32Type::get(f.context)));
  return f.dispatch(
      op, "gated_delta_scan", {},
      {f.read(q), f.read(k), f.read(v), f.read(g), f.read(beta), f.read(starts), f.write(state), f.write(out)});
}

void rooms::GatedDeltaScan(OpLowerings &ops) {
  ops.add<GatedDeltaScanOp>(lower).indices(
      [](IndexCheck &check, GatedDeltaScanOp op) { return check.starts(op, op.getStarts(), op.getStarts()); });
}

} // namespace veomni::lower
