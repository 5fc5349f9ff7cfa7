// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers that work token by token, as kernels over rows.
#include "FunctionLowering.h"

#include "veomni/Kernels/BoundKernel.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

int64_t lastDim(Value value) { return cast<RankedTensorType>(value.getType()).getShape().back(); }

LogicalResult lower(FunctionLowering &f, EmbeddingOp op) {
  FailureOr<Value> table = f.param(op.getTable(), /*panels=*/false);
  if (failed(table))
    return noParameter(op, "table");
  Value ids = f.buffer(op.getIds()), out = f.allocate(op.getResult());
  return f.dispatch(op, "embedding", {}, {f.read(ids), f.read(*table), f.write(out)});
}

LogicalResult lower(FunctionLowering &f, LinearOp op) {
  auto select = op.getWeight().getDefiningOp<SelectExpertOp>();
  FailureOr<Value> weight = f.param(select ? select.getStack() : op.getWeight(), /*panels=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (Value own = op.getBias()) {
    auto selectBias = own.getDefiningOp<SelectExpertOp>();
    if (static_cast<bool>(select) != static_cast<bool>(selectBias) ||
        (select && select.getExpert() != selectBias.getExpert()))
      return op.emitOpError("weight and bias must be of the same expert");
    if (failed(bias = f.param(select ? selectBias.getStack() : own, /*panels=*/false)))
      return noParameter(op, "bias");
  }
  GemmCall gemm{f.buffer(op.getX()), *weight, *bias, f.allocate(op.getResult())};
  if (select) {
    gemm.kind = "expert_gemm";
    gemm.given.push_back(f.program.extent({f.flag(select.getExpert())}));
  }
  if (Value count = f.rowCount(op.getX()))
    gemm.tables.push_back(count);
  return gemm.dispatch(f, op);
}

/// What norms tell their kernel.
SmallVector<NamedAttribute> normAttributes(FunctionLowering &f, const APFloat &eps, NormVariant variant) {
  return {f.attr("eps", eps), f.attr("variant", stringifyNormVariant(variant))};
}

LogicalResult lower(FunctionLowering &f, RmsNormOp op) {
  FailureOr<Value> weight = Value();
  if (op.getWeight() && failed(weight = f.param(op.getWeight(), /*panels=*/false)))
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

LogicalResult lower(FunctionLowering &f, AddRmsNormOp op) {
  FailureOr<Value> weight = Value();
  if (op.getWeight() && failed(weight = f.param(op.getWeight(), /*panels=*/false)))
    return noParameter(op, "weight");
  Value a = f.buffer(op.getA()), b = f.buffer(op.getB()), sum = f.allocate(op.getSum()),
        out = f.allocate(op.getResult());
  SmallVector<FunctionLowering::Use> uses{f.read(a), f.read(b)};
  if (*weight)
    uses.push_back(f.read(*weight));
  uses.append({f.write(sum), f.write(out)});
  return f.dispatch(op, "add_rms_norm", normAttributes(f, op.getEps(), op.getVariant()), uses);
}

LogicalResult lower(FunctionLowering &f, LayerNormOp op) {
  FailureOr<Value> weight = f.param(op.getWeight(), /*panels=*/false), bias = f.param(op.getBias(), /*panels=*/false);
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

// [lower-glu]
LogicalResult lower(FunctionLowering &f, GluOp op) {
  Value gate = f.buffer(op.getGate()), up = f.buffer(op.getUp()), out = f.allocate(op.getResult());
  return f.dispatch(op, f.kindOf(op, "glu"), {f.attr("act", stringifyGluActivation(op.getAct()))},
                    {f.read(gate), f.read(up), f.write(out)});
}
// [/lower-glu]

/// The linear that uses it reads the expert's panels or bias in place.
LogicalResult lower(FunctionLowering &f, SelectExpertOp op) {
  for (OpOperand &use : op->getUses())
    if (auto linear = dyn_cast<LinearOp>(use.getOwner());
        !linear || (linear.getWeight() != use.get() && linear.getBias() != use.get()))
      return op.emitOpError() << "can only be the weight or bias of a veomni.linear, found "
                              << use.getOwner()->getName();
  return success();
}

/// What uses it reads the columns where they are, or asks for a copy.
LogicalResult lower(FunctionLowering &f, SliceOp op) { return success(); }

/// The same.
LogicalResult lower(FunctionLowering &f, BroadcastHeadsOp op) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  if (int64_t(x.getNumDynamicDims()) != x.getRank() - 2)
    return op.emitOpError() << "needs x of one head per row, which is the static dims behind dynamic ones, found " << x;
  return success();
}

LogicalResult lower(FunctionLowering &f, ConcatOp op) {
  FunctionLowering::Runs a = f.runs(op.getA()), b = f.runs(op.getB());
  Value out = f.allocate(op.getResult());
  int64_t aCols = lastDim(op.getA()), bCols = lastDim(op.getB()), count = f.groups(out);
  SmallVector<NamedAttribute> config;
  if (f.addRuns(config, "a", a, count, aCols))
    config.push_back(f.attr("a_cols", aCols));
  f.addRuns(config, "b", b, count, bCols);
  return f.dispatch(op, "concat", config, {f.read(a.buffer), f.read(b.buffer), f.write(out)});
}

/// unflatten and flatten move no data.
LogicalResult lowerReshape(FunctionLowering &f, Operation *op) {
  if (headsOfSlice(op->getResult(0)))
    return success();
  Value x = f.buffer(op->getOperand(0));
  rt::BufferType type = f.bufferType(op->getResult(0));
  // Rows start where those of x do, which are dense where the entry's are read or written.
  if (!type.hasStaticShape())
    type = rt::BufferType::get(f.context, type.getDims(), type.getElementType(), type.getRowRank(), f.rowStride(x));
  f.bind(op->getResult(0), f.view(x, type));
  return success();
}

} // namespace

LogicalResult noParameter(Operation *op, StringRef what) {
  return op->emitOpError() << what
                           << " must be a veomni.param: kernels read weights as the checkpoint's recipes lay them out";
}

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

LogicalResult lowerNN(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<EmbeddingOp, LinearOp, RmsNormOp, AddRmsNormOp, LayerNormOp, GluOp>([&](auto op) { return lower(f, op); })
      .Case<SelectExpertOp, SliceOp, BroadcastHeadsOp, ConcatOp>([&](auto op) { return lower(f, op); })
      .Case<UnflattenOp, FlattenOp>([&](Operation *op) { return lowerReshape(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
