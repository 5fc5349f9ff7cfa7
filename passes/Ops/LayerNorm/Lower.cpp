// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Norms by mean and variance.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

static LogicalResult lower(FunctionLowering &f, LayerNormOp op) {
  FailureOr<Value> weight = f.param(op.getWeight(), /*product=*/false), bias = f.param(op.getBias(), /*product=*/false);
  if (failed(weight))
    return noParameter(op, "weight");
  if (failed(bias))
    return noParameter(op, "bias");
  FunctionLowering::Runs x = f.runs(op.getX());
  Value out = f.allocate(op.getResult());
  SmallVector<NamedAttribute> config{f.attr("eps", op.getEps())};
  f.addRuns(config, "x", x, f.groups(out), lastDim(op.getX()));
  return f.dispatch(op, "layer_norm", config, {f.read(x.buffer), f.read(*weight), f.read(*bias), f.write(out)});
}

void rooms::LayerNorm(OpLowerings &ops) { ops.add<LayerNormOp>(lower); }

} // namespace veomni::lower
