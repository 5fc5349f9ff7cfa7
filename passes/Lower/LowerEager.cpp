// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager ops, as kernels over rows of runs of columns.
#include "FunctionLowering.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

//===--- Elementwise ----------------------------------------------------------------------------------------------===//

LogicalResult lowerUnary(FunctionLowering &f, Operation *op, StringRef function) {
  Value x = f.buffer(op->getOperand(0)), out = f.allocate(op->getResult(0));
  return f.dispatch(op, "elementwise_unary", {f.attr("function", function)}, {f.read(x), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, CastOp op) { return lowerUnary(f, op, "cast"); }
LogicalResult lower(FunctionLowering &f, UnaryOp op) { return lowerUnary(f, op, stringifyUnaryKind(op.getKind())); }

LogicalResult lowerBinary(FunctionLowering &f, Operation *op, ArrayRef<NamedAttribute> config) {
  SmallVector<FunctionLowering::Use> uses;
  for (Value operand : op->getOperands())
    uses.push_back(f.read(f.buffer(operand)));
  uses.push_back(f.write(f.allocate(op->getResult(0))));
  return f.dispatch(op, "elementwise_binary", config, uses);
}

LogicalResult lower(FunctionLowering &f, BinaryOp op) {
  return lowerBinary(f, op, {f.attr("function", stringifyBinaryKind(op.getKind()))});
}
LogicalResult lower(FunctionLowering &f, BinaryScalarOp op) {
  return lowerBinary(f, op, {f.attr("function", stringifyBinaryKind(op.getKind())), f.attr("scalar", op.getValue())});
}

//===--- Over dims ------------------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, ReduceOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  return f.dispatch(op, "reduce", {f.attr("function", stringifyReduceKind(op.getKind()))}, {f.read(x), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, SumHeadsOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  return f.dispatch(op, "sum_heads", {}, {f.read(x), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, SumLeadingOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  return f.dispatch(op, "sum_rows", {}, {f.read(x), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, TopKOp op) {
  Value x = f.buffer(op.getX()), values = f.allocate(op.getValues()), indices = f.allocate(op.getIndices());
  return f.dispatch(op, "top_k", {}, {f.read(x), f.write(values), f.write(indices)});
}

LogicalResult lower(FunctionLowering &f, OneHotOp op) {
  Value indices = f.buffer(op.getIndices()), out = f.allocate(op.getResult());
  return f.dispatch(op, "one_hot", {}, {f.read(indices), f.write(out)});
}

//===--- Labels and masks of tokens -------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, ShiftLabelsOp op) {
  Value labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  return f.dispatch(op, "shift_labels", {f.attr("fill", static_cast<int64_t>(op.getFill()))},
                    {f.read(labels), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, GatherLabelOp op) {
  Value x = f.buffer(op.getX()), labels = f.buffer(op.getLabels()), out = f.allocate(op.getResult());
  return f.dispatch(op, "gather_label", {f.attr("ignore_index", static_cast<int64_t>(op.getIgnoreIndex()))},
                    {f.read(x), f.read(labels), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, NotEqualOp op) {
  Value tokens = f.buffer(op.getTokens()), out = f.allocate(op.getResult());
  return f.dispatch(op, "not_equal", {f.attr("value", static_cast<int64_t>(op.getValue()))},
                    {f.read(tokens), f.write(out)});
}

//===--- Attention ------------------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, AttentionMaskOp op) {
  Value starts = f.buffer(op.getStarts()), mask = f.buffer(op.getKeyMask()), out = f.allocate(op.getResult());
  return f.dispatch(op, "attention_mask", {f.attr("window", static_cast<int64_t>(op.getWindow()))},
                    {f.read(starts), f.read(mask), f.write(out)}, {f.program.extent(f.flag(op.getMaskGiven()))});
}

LogicalResult lower(FunctionLowering &f, AttentionScoresOp op) {
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey()), out = f.allocate(op.getResult());
  return f.dispatch(op, "attention_scores", {}, {f.read(q), f.read(k), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, AttentionValuesOp op) {
  Value weights = f.buffer(op.getWeights()), v = f.buffer(op.getValue()), out = f.allocate(op.getResult());
  return f.dispatch(op, "attention_values", {}, {f.read(weights), f.read(v), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, SelectKeysOp op) {
  Value scores = f.buffer(op.getScores()), mask = f.buffer(op.getMask()), out = f.allocate(op.getResult());
  return f.dispatch(op, "select_keys", {}, {f.read(scores), f.read(mask), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, KeepKeysOp op) {
  Value mask = f.buffer(op.getMask()), indices = f.buffer(op.getIndices()), out = f.allocate(op.getResult());
  return f.dispatch(op, "keep_keys", {}, {f.read(mask), f.read(indices), f.write(out)});
}

//===--- Linear attention -----------------------------------------------------------------------------------------===//

LogicalResult lower(FunctionLowering &f, ShiftTokensOp op) {
  Value x = f.buffer(op.getX()), starts = f.buffer(op.getStarts()), out = f.allocate(op.getResult());
  return f.dispatch(op, "shift_tokens", {f.attr("by", static_cast<int64_t>(op.getBy()))},
                    {f.read(x), f.read(starts), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, GatedDeltaScanOp op) {
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey()), v = f.buffer(op.getValue()), g = f.buffer(op.getG());
  Value beta = f.buffer(op.getBeta()), starts = f.buffer(op.getStarts()), out = f.allocate(op.getResult());
  ArrayRef<int64_t> keys = cast<RankedTensorType>(op.getKey().getType()).getShape().take_back(2);
  ArrayRef<int64_t> values = cast<RankedTensorType>(op.getValue().getType()).getShape().take_back(2);
  ArrayRef<rt::Dim> tokens = f.type(starts).getDims();
  rt::Dim heads(values[0]), blocks((values[1] + cpu::kDeltaColumns - 1) / cpu::kDeltaColumns);
  Value state = f.scratch(rt::BufferType::get(f.context,
                                              {tokens[0], heads, blocks, rt::Dim(keys[1]), rt::Dim(cpu::kDeltaColumns)},
                                              Float32Type::get(f.context)));
  return f.dispatch(
      op, "gated_delta_scan", {},
      {f.read(q), f.read(k), f.read(v), f.read(g), f.read(beta), f.read(starts), f.write(state), f.write(out)});
}

} // namespace

LogicalResult lowerEager(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<CastOp, UnaryOp, BinaryOp, BinaryScalarOp>([&](auto op) { return lower(f, op); })
      .Case<ReduceOp, SumHeadsOp, SumLeadingOp, TopKOp, OneHotOp>([&](auto op) { return lower(f, op); })
      .Case<ShiftLabelsOp, GatherLabelOp, NotEqualOp>([&](auto op) { return lower(f, op); })
      .Case<AttentionMaskOp, AttentionScoresOp, AttentionValuesOp, SelectKeysOp, KeepKeysOp>(
          [&](auto op) { return lower(f, op); })
      .Case<ShiftTokensOp, GatedDeltaScanOp>([&](auto op) { return lower(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
