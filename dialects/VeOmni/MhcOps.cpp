// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of hyper-connections, whose small matrices per token have sizes that follow from the number of streams.
#include "Verify.h"

using namespace mlir;
using namespace veomni;

namespace {

/// Residual streams, [..., n, H].
struct Streams {
  ArrayRef<int64_t> leading;
  int64_t count, hidden;
  Type element;

  /// The leading dims and then `last`.
  SmallVector<int64_t> shape(ArrayRef<int64_t> last) const {
    SmallVector<int64_t> dims(leading);
    llvm::append_range(dims, last);
    return dims;
  }
};

FailureOr<Streams> streamsOf(Operation *op, Value x) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  // Products of these sizes must fit, and every stream is a step of its own in the eager form.
  constexpr int64_t mostStreams = 64, mostColumns = int64_t(1) << 31;
  if (!type || type.getRank() < 2 || type.getShape().take_back(2).front() < 1 || type.getShape().back() < 1)
    return op->emitOpError() << "x must be [..., n, H] with static n and H, neither of them 0, found " << x.getType();
  ArrayRef<int64_t> dims = type.getShape();
  if (dims.take_back(2).front() > mostStreams || dims.back() > mostColumns)
    return op->emitOpError() << "x must be [..., n, H] with at most " << mostStreams
                             << " streams of 2^31 columns, found " << x.getType();
  return Streams{dims.drop_back(2), dims.take_back(2).front(), dims.back(), type.getElementType()};
}

/// A parameter may have any element type.
LogicalResult expectShape(Operation *op, StringRef what, Value value, ArrayRef<int64_t> shape) {
  return expectType(op, what, value.getType(), shape, getElementTypeOrSelf(value));
}

/// What both ops that collapse the streams need: `mixes` numbers per token out of `scales` parts.
template <typename Op> LogicalResult verifyMixes(Op op, const Streams &x, int64_t mixes, int64_t scales) {
  if (failed(expectShape(op, "fn", op.getFn(), {mixes, x.count * x.hidden})) ||
      failed(expectShape(op, "scale", op.getScale(), {scales})) ||
      failed(expectShape(op, "base", op.getBase(), {mixes})))
    return failure();
  if (!(op.getEps().convertToFloat() >= 0))
    return op.emitOpError("eps must not be negative");
  if (!(op.getNormEps().convertToFloat() > 0))
    return op.emitOpError("norm_eps must be positive");
  return success();
}

} // namespace

LogicalResult MhcPreOp::verify() {
  constexpr uint64_t mostIterations = 1000;
  if (getIterations() > mostIterations)
    return emitOpError() << "iterations must be at most " << mostIterations << ", found " << getIterations();
  FailureOr<Streams> x = streamsOf(*this, getX());
  if (failed(x) || failed(verifyMixes(*this, *x, (2 + x->count) * x->count, 3)))
    return failure();
  Type f32 = Float32Type::get(getContext());
  return failure(failed(expectType(*this, "collapsed", getCollapsed().getType(), x->shape(x->hidden), x->element)) ||
                 failed(expectType(*this, "post", getPost().getType(), x->shape(x->count), f32)) ||
                 failed(expectType(*this, "comb", getComb().getType(), x->shape({x->count, x->count}), f32)));
}

LogicalResult MhcPostOp::verify() {
  FailureOr<Streams> x = streamsOf(*this, getX());
  if (failed(x))
    return failure();
  Type f32 = Float32Type::get(getContext());
  return failure(failed(expectType(*this, "y", getY().getType(), x->shape(x->hidden), x->element)) ||
                 failed(expectType(*this, "post", getPost().getType(), x->shape(x->count), f32)) ||
                 failed(expectType(*this, "comb", getComb().getType(), x->shape({x->count, x->count}), f32)));
}

LogicalResult MhcHeadOp::verify() {
  FailureOr<Streams> x = streamsOf(*this, getX());
  if (failed(x) || failed(verifyMixes(*this, *x, x->count, 1)))
    return failure();
  return expectType(*this, "result", getType(), x->shape(x->hidden), x->element);
}
