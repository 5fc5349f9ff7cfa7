// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last token of every row that is no padding.
#include "Lower/FunctionLowering.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, LastTokenOp op) {
  Value x = f.buffer(op.getX()), ids = f.buffer(op.getIds()), out = f.allocate(op.getResult());
  SmallVector<NamedAttribute> config;
  if (op.getPadding())
    config.push_back(f.attr("padding", static_cast<int64_t>(*op.getPadding())));
  return f.dispatch(op, "last_token", config, {f.read(x), f.read(ids), f.write(out)});
}

void rooms::LastToken(OpLowerings &ops) { ops.add<LastTokenOp>(lower); }

} // namespace veomni::lower
