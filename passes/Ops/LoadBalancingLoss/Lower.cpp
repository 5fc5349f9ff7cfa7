// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss that balances experts, from what routers saw in every layer.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, LoadBalancingLossOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  int64_t experts = lastDim(op.getLogits().front());
  Value mask = f.buffer(op.getMask()), out = f.allocate(op.getResult());
  Value stats = f.scratch(rt::BufferType::get(f.context, {rt::Dim(2 * experts + 1)}, Float32Type::get(f.context)));
  if (failed(f.dispatch(op, "fill", {f.attr("value", llvm::APFloat(0.0f))}, {f.write(stats)})))
    return failure();
  for (Value value : op.getLogits())
    if (failed(f.dispatch(op, "router_statistics", {f.attr("top_k", static_cast<int64_t>(op.getTopK()))},
                          {f.read(f.buffer(value)), f.read(mask), {rt::Access::read_write, stats}})))
      return failure();
  return f.dispatch(op, "load_balancing_loss", {}, {f.read(stats), f.write(out)});
}

void rooms::LoadBalancingLoss(OpLowerings &ops) { ops.add<LoadBalancingLossOp>(lower); }

} // namespace veomni::lower
