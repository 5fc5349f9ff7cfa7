// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Heads turned by the angles of their positions.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, RopeOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/2)))
    return failure();
  std::string kind = f.kindOf(op, "rope");
  FunctionLowering::Runs x = f.runs(op.getX(), /*whole=*/kind != "rope");
  Value cos = f.buffer(op.getCos()), sin = f.buffer(op.getSin()), out = f.allocate(op.getResult());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape().take_back(2);
  SmallVector<NamedAttribute> config{f.attr("layout", stringifyRopeLayout(op.getLayout()))};
  f.addRuns(config, "x", x, shape[0], shape[1]);
  return f.dispatch(op, kind, config, {f.read(x.buffer), f.read(cos), f.read(sin), f.write(out)});
}

void rooms::Rope(OpLowerings &ops) { ops.add<RopeOp>(lower); }

} // namespace veomni::lower
