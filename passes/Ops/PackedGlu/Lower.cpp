// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A gated unit whose gate and up are columns of one tensor.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, PackedGluOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/1)))
    return failure();
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  SmallVector<NamedAttribute> config{f.attr("act", stringifyGluActivation(op.getAct())),
                                     f.attr("layout", stringifyGluLayout(op.getLayout()))};
  for (auto [name, value] :
       {std::pair(StringRef("limit"), op.getLimit()), {"alpha", op.getAlpha()}, {"up_shift", op.getUpShift()}})
    if (value)
      config.push_back(f.attr(name, *value));
  SmallVector<FunctionLowering::Use> uses{f.read(x)};
  if (Value count = f.rowCount(op.getX()))
    uses.push_back(f.read(count));
  uses.push_back(f.write(out));
  return f.dispatch(op, f.kindOf(op, "packed_glu"), config, uses);
}

void rooms::PackedGlu(OpLowerings &ops) { ops.add<PackedGluOp>(lower); }

} // namespace veomni::lower
