// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The losses of tokens from their logits, or together with the product that makes these.
#include "Lower/Expect.h"
#include "Lower/Gemm.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// Emits a kernel that gives each token a loss and a count, as its last operands.
template <typename Op>
static LogicalResult lowerTokenLosses(FunctionLowering &f, Op op, StringRef kind, ArrayRef<NamedAttribute> config,
                                      Value scores) {
  Value labels = f.buffer(op.getLabels()), losses = f.allocate(op.getLosses()), counts = f.allocate(op.getCounts());
  return f.dispatch(op, kind, config, {f.read(scores), f.read(labels), f.write(losses), f.write(counts)});
}

static LogicalResult lower(FunctionLowering &f, CrossEntropyOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/1)))
    return failure();
  return lowerTokenLosses(f, op, "cross_entropy", {f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex()))},
                          f.buffer(op.getLogits()));
}

/// Partial results of each chunk of the vocabulary, by a product, then the losses from those.
static LogicalResult lower(FunctionLowering &f, LinearCrossEntropyOp op) {
  if (failed(expectPlainRows(op, /*inRow=*/1)))
    return failure();
  FailureOr<Value> weight = f.param(op.getWeight(), /*product=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (op.getBias() && failed(bias = f.param(op.getBias(), /*product=*/false)))
    return noParameter(op, "bias");
  Value x = f.buffer(op.getX()), labels = f.buffer(op.getLabels());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getWeight().getType()).getShape();
  auto [batch, seq] = f.tokenDims(x);
  Value partials = f.scratch(
      rt::BufferType::get(f.context, {batch, seq, rt::Dim(f.program.backend.scratch().lossPartials(shape[0]))},
                          Float32Type::get(f.context)));
  NamedAttribute ignored = f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex()));
  SmallVector<NamedAttribute> config{ignored};
  if (boundToBf16Dot(op))
    config.push_back(f.attr("bf16_dot", true));
  SmallVector<FunctionLowering::Use> uses{f.read(x), f.read(*weight)};
  if (*bias)
    uses.push_back(f.read(*bias));
  uses.append({f.read(labels), f.write(partials)});
  if (failed(f.dispatch(op, "linear_cross_entropy", config, uses)))
    return failure();
  return lowerTokenLosses(f, op, "cross_entropy_combine", {ignored, f.attr("vocab", shape[0])}, partials);
}

void rooms::CrossEntropy(OpLowerings &ops) {
  ops.add<CrossEntropyOp>(lower);
  ops.add<LinearCrossEntropyOp>(lower).matrix([](LinearCrossEntropyOp op) -> Value { return op.getWeight(); });
}

} // namespace veomni::lower
