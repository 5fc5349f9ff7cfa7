// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A gated linear unit whose gate and up are of one tensor, with what gpt_oss adds to it.
#include "Raise/Raise.h"
#include "Raise/Activation.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

namespace {

/// The tensor of which `value` is every other column from `offset` on.
Value everyOther(Value value, int64_t offset) {
  auto columns = madeBy<FlattenOp>(value);
  auto pairs = madeBy<UnflattenOp>(columns ? sliceOf(columns.getX(), offset, 1) : Value());
  return pairs && lastDim(pairs) == 2 ? pairs.getX() : Value();
}

/// Where gate and up lie; `x` is null if they are not of one tensor.
struct Packed {
  Value x;
  GluLayout layout = GluLayout::Concat;
  StringRef problem = "";
};

Packed packedIn(Value gate, Value up) {
  if (Value x = everyOther(gate, 0); x && everyOther(up, 1) == x)
    return {x, GluLayout::Interleaved};
  if (Value x = everyOther(gate, 1); x && everyOther(up, 0) == x)
    return {x, GluLayout::Interleaved, "the gate comes behind up"};
  auto gateSlice = madeBy<SliceOp>(gate), upSlice = madeBy<SliceOp>(up);
  if (!gateSlice || !upSlice || gateSlice.getX() != upSlice.getX())
    return {};
  Value x = gateSlice.getX();
  int64_t columns = lastDim(gate);
  if (sliceOf(up, 0, columns) && sliceOf(gate, columns, columns))
    return {x, GluLayout::Concat, "the gate comes behind up"};
  if (!sliceOf(gate, 0, columns) || !sliceOf(up, columns, columns) || lastDim(x) != 2 * columns)
    return {x, GluLayout::Concat, "gate and up are not the halves of what they are taken from"};
  return {x, GluLayout::Concat};
}

/// x of clamp(x, -limit, limit).
Scalar clampOf(Value value) {
  Scalar high = scalarOf(value, BinaryKind::Min), low = scalarOf(high.x, BinaryKind::Max);
  if (!low) {
    low = scalarOf(value, BinaryKind::Max), high = scalarOf(low.x, BinaryKind::Min);
    return high && low.value == -high.value ? high : Scalar{};
  }
  return low.value == -high.value ? Scalar{low.x, high.value} : Scalar{};
}

} // namespace

static LogicalResult raisePackedGlu(BinaryOp root, PatternRewriter &rewriter) {
  for (Pair factors : eitherWay(root, BinaryKind::Mul)) {
    std::optional<Activated> activated = activationOf(uncast(factors.first));
    if (!activated || !activated->problem.empty())
      continue;
    Scalar limit = scalarOf(activated->x, BinaryKind::Min);
    Scalar shift = scalarOf(factors.second, BinaryKind::Add);
    Value gate = limit ? limit.x : activated->x, up = shift ? shift.x : factors.second;
    Scalar upLimit = clampOf(up);
    if (upLimit)
      up = upLimit.x;
    gate = uncast(gate), up = uncast(up);
    Packed packed = packedIn(gate, up);
    if (!packed.x)
      continue;

    Candidate candidate(root, "packed_glu");
    if (!packed.problem.empty())
      return candidate.missed(packed.problem);
    if (!hasPlainRows(packed.x))
      return candidate.missed("gate and up are in more than one run of a row");
    if (bool(limit) != bool(upLimit) || (limit && limit.value != upLimit.value))
      return candidate.missed("gate and up are not held within one limit");
    if (limit && !(limit.value > 0))
      return candidate.missed("the limit is not positive");
    if (!elementOf(activated->x).isF32())
      return candidate.missed("the activation's arithmetic is not f32");
    if ((limit || shift) && !elementOf(factors.second).isF32())
      return candidate.missed("up is not held or shifted in f32");
    Type type = elementOf(packed.x);
    Value end = roundedTo(root, type);
    if (!end || elementOf(factors.first) != type)
      return candidate.missed("activation and result are not of the type of gate and up");
    auto number = [&](bool there, float value) { return there ? rewriter.getF32FloatAttr(value) : FloatAttr(); };
    return candidate.raise<PackedGluOp>(rewriter, end, packed.x, {}, end.getType(), packed.x, activated->act,
                                        packed.layout, number(bool(limit), limit.value),
                                        number(activated->alpha != 1, activated->alpha),
                                        number(bool(shift), shift.value));
  }
  return failure();
}

void raise::rooms::PackedGlu(Raisings &ops) { ops.add(Stage::wholes, raisePackedGlu); }
