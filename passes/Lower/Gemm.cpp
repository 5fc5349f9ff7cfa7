// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one way to dispatch a product with a weight, whichever kind and implementation it is.
#include "Gemm.h"

#include "veomni/Kernels/BoundKernel.h"

using namespace mlir;

namespace veomni::lower {

bool boundToBf16Dot(Operation *op) { return kernels::boundKernel(op) == "bf16_dot"; }

LogicalResult GemmCall::dispatch(FunctionLowering &f, Operation *op) const {
  SmallVector<NamedAttribute> attributes(config);
  if (boundToBf16Dot(op))
    attributes.push_back(f.attr("bf16_dot", true));
  SmallVector<FunctionLowering::Use> uses{f.read(x), f.read(weight)};
  if (bias)
    uses.push_back(f.read(bias));
  for (Value table : tables)
    uses.push_back(f.read(table));
  uses.push_back(f.write(out));
  return f.dispatch(op, kind, attributes, uses, given);
}

} // namespace veomni::lower
