// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions, attention and losses: ops that see whole sequences.
#include "FunctionLowering.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

/// The batch and sequence dims of a buffer of tokens.
std::pair<rt::Dim, rt::Dim> tokenDims(FunctionLowering &f, Value buffer) {
  ArrayRef<rt::Dim> dims = f.type(buffer).getDims();
  return {dims[0], dims[1]};
}

LogicalResult lower(FunctionLowering &f, RopeTableOp op) {
  Value positions = f.buffer(op.getPositions()), cos = f.allocate(op.getCos()), sin = f.allocate(op.getSin());
  auto frequencies = DenseF32ArrayAttr::get(f.context, op.getInvFreq());
  return f.dispatch(op, "rope_table", {f.attr("inv_freq", frequencies), f.attr("scale", op.getScale())},
                    {f.read(positions), f.write(cos), f.write(sin)});
}

LogicalResult lower(FunctionLowering &f, RopeOp op) {
  std::string kind = f.kindOf(op, "rope");
  FunctionLowering::Runs x = f.runs(op.getX(), /*whole=*/kind != "rope");
  Value cos = f.buffer(op.getCos()), sin = f.buffer(op.getSin()), out = f.allocate(op.getResult());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape().take_back(2);
  SmallVector<NamedAttribute> config{f.attr("layout", stringifyRopeLayout(op.getLayout()))};
  f.addRuns(config, "x", x, shape[0], shape[1]);
  return f.dispatch(op, kind, config, {f.read(x.buffer), f.read(cos), f.read(sin), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, DocumentStartsOp op) {
  Value positions = f.buffer(op.getPositions()), out = f.allocate(op.getResult());
  return f.dispatch(op, "document_starts", {}, {f.read(positions), f.write(out)},
                    {f.program.extent({f.flag(op.getWholeIf())})});
}

/// K and V are first packed into panels, once per key/value head and for all query heads that read it.
LogicalResult lower(FunctionLowering &f, AttentionOp op) {
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey());
  FunctionLowering::Runs v = f.runs(op.getValue());
  Value starts = f.buffer(op.getStarts()), mask = f.buffer(op.getKeyMask()), out = f.allocate(op.getResult());
  auto [batch, seq] = tokenDims(f, q);
  auto dim = [](Value value, unsigned i) { return cast<RankedTensorType>(value.getType()).getDimSize(i); };
  int64_t headDim = dim(op.getQuery(), 3), kvHeads = dim(op.getKey(), 2), valueDim = dim(op.getValue(), 3);
  constexpr int64_t kPanel = cpu::kPanelColumns;
  rt::Dim panels = f.program.ceilDiv(seq, kPanel);
  Type f32 = Float32Type::get(f.context);
  Value packedK = f.scratch(
      rt::BufferType::get(f.context, {batch, rt::Dim(kvHeads), panels, rt::Dim(headDim), rt::Dim(kPanel)}, f32));
  Value packedV = f.scratch(rt::BufferType::get(
      f.context, {batch, rt::Dim(kvHeads), rt::Dim((valueDim + kPanel - 1) / kPanel), panels, rt::Dim(kPanel * kPanel)},
      f32));
  SmallVector<NamedAttribute> packing;
  if (f.addRuns(packing, "v", v, kvHeads, valueDim))
    packing.push_back(f.attr("v_head_dim", valueDim));
  if (failed(
          f.dispatch(op, "attention_pack", packing, {f.read(k), f.read(v.buffer), f.write(packedK), f.write(packedV)})))
    return failure();
  SmallVector<FunctionLowering::Use> uses{f.read(q), f.read(packedK), f.read(packedV), f.read(starts), f.read(mask)};
  if (op.getSinks())
    uses.push_back(f.read(f.buffer(op.getSinks())));
  uses.push_back(f.write(out));
  return f.dispatch(op, "attention",
                    {f.attr("scale", op.getScale()), f.attr("window", static_cast<int64_t>(op.getWindow()))}, uses,
                    {f.program.extent({f.flag(op.getMaskGiven())})});
}

/// Emits a kernel that gives each token a loss and a count, as its last operands, then the mean of those that count.
template <typename Op>
LogicalResult lowerTokenLosses(FunctionLowering &f, Op op, StringRef kind, ArrayRef<NamedAttribute> config,
                               Value scores) {
  Value labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  auto [batch, seq] = tokenDims(f, scores);
  auto perRow = rt::BufferType::get(f.context, {batch, seq}, Float32Type::get(f.context));
  Value loss = f.scratch(perRow), count = f.scratch(perRow);
  if (failed(f.dispatch(op, kind, config, {f.read(scores), f.read(labels), f.write(loss), f.write(count)})))
    return failure();
  return f.dispatch(op, "mean", {}, {f.read(loss), f.read(count), f.write(out)});
}

/// Which tokens are scored, and against what.
template <typename Op> SmallVector<NamedAttribute> labelling(FunctionLowering &f, Op op) {
  return {f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex())), f.attr("shift", op.getShift())};
}

LogicalResult lower(FunctionLowering &f, CrossEntropyOp op) {
  return lowerTokenLosses(f, op, "cross_entropy", labelling(f, op), f.buffer(op.getLogits()));
}

/// Partial results of each chunk of the vocabulary, by a product, then the losses from those.
LogicalResult lower(FunctionLowering &f, LinearCrossEntropyOp op) {
  FailureOr<Value> weight = f.param(op.getWeight(), /*panels=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (op.getBias() && failed(bias = f.param(op.getBias(), /*panels=*/false)))
    return noParameter(op, "bias");
  Value x = f.buffer(op.getX()), labels = f.buffer(op.getLabels());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getWeight().getType()).getShape();
  auto [batch, seq] = tokenDims(f, x);
  Value partials = f.scratch(
      rt::BufferType::get(f.context, {batch, seq, rt::Dim(cpu::lossPartials(shape[0]))}, Float32Type::get(f.context)));
  SmallVector<NamedAttribute> config = labelling(f, op), combine = labelling(f, op);
  if (boundToBf16Dot(op))
    config.push_back(f.attr("bf16_dot", true));
  SmallVector<FunctionLowering::Use> uses{f.read(x), f.read(*weight)};
  if (*bias)
    uses.push_back(f.read(*bias));
  uses.append({f.read(labels), f.write(partials)});
  if (failed(f.dispatch(op, "linear_cross_entropy", config, uses)))
    return failure();
  combine.push_back(f.attr("vocab", shape[0]));
  return lowerTokenLosses(f, op, "cross_entropy_combine", combine, partials);
}

} // namespace

LogicalResult lowerSequence(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<RopeTableOp, RopeOp, DocumentStartsOp, AttentionOp, CrossEntropyOp, LinearCrossEntropyOp>(
          [&](auto op) { return lower(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
