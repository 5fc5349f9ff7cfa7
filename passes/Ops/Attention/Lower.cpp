// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention without an array of all scores: keys and values are packed, then read panel by panel.
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"
#include "Lower/Visibility.h"

using namespace mlir;

namespace veomni::lower {

/// K and V are first packed into panels, once per key/value head and for all query heads that read it.
static LogicalResult lower(FunctionLowering &f, AttentionOp op) {
  if (failed(expectDynamicTokens(op)))
    return failure();
  Value q = f.buffer(op.getQuery()), k = f.buffer(op.getKey());
  FunctionLowering::Runs v = f.runs(op.getValue());
  Value starts = f.buffer(op.getStarts()), ends = op.getEnds() ? f.buffer(op.getEnds()) : Value();
  Value mask = f.buffer(op.getKeyMask()), out = f.allocate(op.getResult());
  auto [batch, keys] = f.tokenDims(k);
  auto dim = [](Value value, unsigned i) { return cast<RankedTensorType>(value.getType()).getDimSize(i); };
  int64_t headDim = dim(op.getQuery(), 3), kvHeads = dim(op.getKey(), 2), valueDim = dim(op.getValue(), 3);
  int64_t panel = f.program.backend.scratch().panelColumns;
  rt::Dim panels = f.program.ceilDiv(keys, panel);
  Type f32 = Float32Type::get(f.context);
  Value packedK = f.scratch(
      rt::BufferType::get(f.context, {batch, rt::Dim(kvHeads), panels, rt::Dim(headDim), rt::Dim(panel)}, f32));
  Value packedV = f.scratch(rt::BufferType::get(
      f.context, {batch, rt::Dim(kvHeads), rt::Dim((valueDim + panel - 1) / panel), panels, rt::Dim(panel * panel)},
      f32));
  SmallVector<NamedAttribute> packing;
  if (f.addRuns(packing, "v", v, kvHeads, valueDim))
    packing.push_back(f.attr("v_head_dim", valueDim));
  if (failed(
          f.dispatch(op, "attention_pack", packing, {f.read(k), f.read(v.buffer), f.write(packedK), f.write(packedV)})))
    return failure();
  SmallVector<FunctionLowering::Use> uses{f.read(q), f.read(packedK), f.read(packedV), f.read(starts)};
  if (ends)
    uses.push_back(f.read(ends));
  uses.push_back(f.read(mask));
  if (op.getSinks())
    uses.push_back(f.read(f.buffer(op.getSinks())));
  uses.push_back(f.write(out));
  SmallVector<NamedAttribute> config = visibilityAttributes(f, op);
  config.push_back(f.attr("scale", op.getScale()));
  return f.dispatch(op, "attention", config, uses, {f.program.extent({f.flag(op.getMaskGiven())})});
}

void rooms::Attention(OpLowerings &ops) { ops.add<AttentionOp>(lower).indices(checkVisibility<AttentionOp>); }

} // namespace veomni::lower
