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
  f.dispatchRows(op.getLoc(), "rope_table",
                 {f.attr("inv_freq", frequencies), f.attr("scale", op.getScale()), f.element("out_type", cos), f.stride("ldo", cos)},
                 {f.read(positions), f.write(cos), f.write(sin)}, cpu::kWideRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, RopeOp op) {
  std::string kind = f.kindOf(op, "rope");
  FunctionLowering::Runs x = f.runs(op.getX(), /*whole=*/kind != "rope");
  Value cos = f.buffer(op.getCos()), sin = f.buffer(op.getSin()), out = f.allocate(op.getResult());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape().take_back(2);
  int64_t rotary = 2 * cast<RankedTensorType>(op.getCos().getType()).getShape().back();
  SmallVector<NamedAttribute> config{f.attr("heads", shape[0]),    f.attr("head_dim", shape[1]),
                                     f.attr("rotary_dim", rotary), f.attr("layout", stringifyRopeLayout(op.getLayout())),
                                     f.stride("ldx", x.buffer),    f.stride("ldo", out),
                                     f.stride("ldt", cos),         f.element("x_type", x.buffer),
                                     f.element("t_type", cos),     f.element("out_type", out)};
  f.addRuns(config, "x", x, shape[1]);
  f.dispatchRows(op.getLoc(), kind, config, {f.read(x.buffer), f.read(cos), f.read(sin), f.write(out)}, cpu::kRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, DocumentStartsOp op) {
  Value positions = f.buffer(op.getPositions()), out = f.allocate(op.getResult());
  auto [batch, seq] = tokenDims(f, positions);
  auto one = [&](rt::Dim dim) { return f.program.extent({dim}); };
  f.dispatch(op.getLoc(), "document_starts", {}, {f.read(positions), f.write(out)}, {one(batch), one(seq), one(f.flag(op.getWholeIf()))},
             {one(batch)});
  return success();
}

/// K and V are first packed into panels, once per key/value head and for all query heads that read it.
LogicalResult lower(FunctionLowering &f, AttentionOp op) {
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey());
  FunctionLowering::Runs v = f.runs(op.getValue());
  Value starts = f.buffer(op.getStarts()), mask = f.buffer(op.getKeyMask()), out = f.allocate(op.getResult());
  auto [batch, seq] = tokenDims(f, q);
  auto dim = [](Value value, unsigned i) { return cast<RankedTensorType>(value.getType()).getDimSize(i); };
  int64_t heads = dim(op.getQuery(), 2), headDim = dim(op.getQuery(), 3), kvHeads = dim(op.getKey(), 2), valueDim = dim(op.getValue(), 3);
  auto one = [&](rt::Dim dim) { return f.program.extent({dim}); };
  constexpr int64_t kPanel = cpu::kPanelColumns;
  rt::Dim panels = f.program.ceilDiv(seq, kPanel);
  Type f32 = Float32Type::get(f.context);
  Value packedK = f.scratch(rt::BufferType::get(f.context, {batch, rt::Dim(kvHeads), panels, rt::Dim(headDim), rt::Dim(kPanel)}, f32));
  Value packedV = f.scratch(rt::BufferType::get(
      f.context, {batch, rt::Dim(kvHeads), rt::Dim((valueDim + kPanel - 1) / kPanel), panels, rt::Dim(kPanel * kPanel)}, f32));
  SmallVector<NamedAttribute> packing{f.attr("kv_heads", kvHeads), f.attr("head_dim", headDim), f.stride("ldk", k),
                                      f.stride("ldv", v.buffer), f.element("type", k)};
  SmallVector<NamedAttribute> attending{f.attr("heads", heads),
                                        f.attr("kv_heads", kvHeads),
                                        f.attr("head_dim", headDim),
                                        f.attr("scale", op.getScale()),
                                        f.attr("window", static_cast<int64_t>(op.getWindow())),
                                        f.stride("ldq", q),
                                        f.stride("ldo", out),
                                        f.element("q_type", q),
                                        f.element("out_type", out)};
  if (valueDim != headDim)
    for (SmallVector<NamedAttribute> *config : {&packing, &attending})
      config->push_back(f.attr("v_head_dim", valueDim));
  f.addRuns(packing, "v", v, valueDim);
  SmallVector<FunctionLowering::Use> uses{f.read(q), f.read(packedK), f.read(packedV), f.read(starts), f.read(mask)};
  if (op.getSinks()) {
    Value sinks = f.buffer(op.getSinks());
    attending.append({f.attr("sinks", true), f.element("sinks_type", sinks)});
    uses.push_back(f.read(sinks));
  }
  uses.push_back(f.write(out));
  f.dispatch(op.getLoc(), "attention_pack", packing, {f.read(k), f.read(v.buffer), f.write(packedK), f.write(packedV)},
             {one(batch), one(seq)}, {f.program.extent({batch, rt::Dim(kvHeads)}), f.program.extent({seq}, cpu::kAttentionPackRows)});
  f.dispatch(op.getLoc(), "attention", attending, uses, {one(batch), one(seq), one(f.flag(op.getMaskGiven()))},
             {f.program.extent({batch, rt::Dim(heads)}), f.program.extent({seq}, cpu::kAttentionQueryRows)});
  return success();
}

/// Emits a kernel that gives each token a loss and a count, as its last operands, then the mean of those that count.
template <typename Op> void lowerTokenLosses(FunctionLowering &f, Op op, StringRef kind, SmallVector<NamedAttribute> config, Value scores) {
  Value labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  auto [batch, seq] = tokenDims(f, scores);
  auto one = [&](rt::Dim dim) { return f.program.extent({dim}); };
  auto perRow = rt::BufferType::get(f.context, {batch, seq}, Float32Type::get(f.context));
  Value loss = f.scratch(perRow), count = f.scratch(perRow);
  f.dispatch(op.getLoc(), kind, config, {f.read(scores), f.read(labels), f.write(loss), f.write(count)}, {one(batch), one(seq)},
             {one(batch), f.program.extent({seq}, cpu::kRowBlock)});
  f.dispatch(op.getLoc(), "mean", {}, {f.read(loss), f.read(count), f.write(out)}, f.rows(loss), f.program.extent({}));
}

/// Which tokens are scored, and against what.
template <typename Op> SmallVector<NamedAttribute> labelling(FunctionLowering &f, Op op) {
  return {f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex())), f.attr("shift", op.getShift())};
}

LogicalResult lower(FunctionLowering &f, CrossEntropyOp op) {
  Value logits = f.buffer(op.getLogits());
  SmallVector<NamedAttribute> config = labelling(f, op);
  config.append({f.attr("vocab", cast<RankedTensorType>(op.getLogits().getType()).getShape().back()), f.stride("ldl", logits),
                 f.element("type", logits)});
  lowerTokenLosses(f, op, "cross_entropy", config, logits);
  return success();
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
  Value partials =
      f.scratch(rt::BufferType::get(f.context, {batch, seq, rt::Dim(cpu::lossPartials(shape[0]))}, Float32Type::get(f.context)));
  bool bf16Dot = boundToBf16Dot(op);
  int64_t group = cpu::gemmPanelGroup(shape[0], shape[1], f.type(*weight).getElementType().isBF16(), bf16Dot);
  SmallVector<NamedAttribute> config = labelling(f, op), combine = labelling(f, op);
  config.append({f.attr("n", shape[0]), f.attr("k", shape[1]), f.stride("lda", x), f.stride("ldp", partials), f.element("a_type", x),
                 f.element("w_type", *weight), f.attr("bias", static_cast<bool>(*bias)),
                 f.attr("group", std::min(group, cpu::kLossPanels))});
  if (bf16Dot)
    config.push_back(f.attr("bf16_dot", true));
  SmallVector<FunctionLowering::Use> uses{f.read(x), f.read(*weight)};
  if (*bias)
    uses.push_back(f.read(*bias));
  uses.append({f.read(labels), f.write(partials)});
  f.dispatch(op.getLoc(), "linear_cross_entropy", config, uses, {f.rows(x), f.program.extent({seq})},
             {f.rows(x, cpu::kGemmRows), f.program.extent({rt::Dim(cpu::lossChunks(shape[0]))})});
  combine.append({f.attr("vocab", shape[0]), f.stride("ldp", partials)});
  lowerTokenLosses(f, op, "cross_entropy_combine", combine, partials);
  return success();
}

} // namespace

LogicalResult lowerSequence(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<RopeTableOp, RopeOp, DocumentStartsOp, AttentionOp, CrossEntropyOp, LinearCrossEntropyOp>([&](auto op) { return lower(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
