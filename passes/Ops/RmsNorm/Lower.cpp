// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Norms by the root mean square, alone or of a sum that is kept.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// What norms tell their kernel.
static SmallVector<NamedAttribute> normAttributes(FunctionLowering &f, const APFloat &eps, NormVariant variant) {
  return {f.attr("eps", eps), f.attr("variant", stringifyNormVariant(variant))};
}

static LogicalResult lower(FunctionLowering &f, RmsNormOp op) {
  FailureOr<Value> weight = Value();
  if (op.getWeight() && failed(weight = f.param(op.getWeight(), /*product=*/false)))
    return noParameter(op, "weight");
  std::string kind = f.kindOf(op, "rms_norm");
  FunctionLowering::Runs x = f.runs(op.getX(), /*whole=*/kind != "rms_norm");
  Value out = f.allocate(op.getResult());
  SmallVector<NamedAttribute> config = normAttributes(f, op.getEps(), op.getVariant());
  f.addRuns(config, "x", x, f.groups(out), lastDim(op.getX()));
  SmallVector<FunctionLowering::Use> uses{f.read(x.buffer)};
  if (*weight)
    uses.push_back(f.read(*weight));
  uses.push_back(f.write(out));
  return f.dispatch(op, kind, config, uses);
}

static LogicalResult lower(FunctionLowering &f, AddRmsNormOp op) {
  FailureOr<Value> weight = Value();
  if (op.getWeight() && failed(weight = f.param(op.getWeight(), /*product=*/false)))
    return noParameter(op, "weight");
  Value a = f.buffer(op.getA()), b = f.buffer(op.getB()), sum = f.allocate(op.getSum()),
        out = f.allocate(op.getResult());
  SmallVector<FunctionLowering::Use> uses{f.read(a), f.read(b)};
  if (*weight)
    uses.push_back(f.read(*weight));
  uses.append({f.write(sum), f.write(out)});
  return f.dispatch(op, "add_rms_norm", normAttributes(f, op.getEps(), op.getVariant()), uses);
}

void rooms::RmsNorm(OpLowerings &ops) {
  ops.add<RmsNormOp>(lower);
  ops.add<AddRmsNormOp>(lower);
}

} // namespace veomni::lower
