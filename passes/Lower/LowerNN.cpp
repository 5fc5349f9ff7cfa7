// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers that work token by token, as kernels over rows.
#include "FunctionLowering.h"

#include "veomni/Codegen/CPU/WorkSplit.h"
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
  f.dispatchRows(
      op.getLoc(), "embedding",
      {f.attr("hidden", lastDim(op.getResult())), f.element("table_type", *table), f.element("out_type", out), f.stride("ldo", out)},
      {f.read(ids), f.read(*table), f.write(out)}, cpu::kWideRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, LinearOp op) {
  auto select = op.getWeight().getDefiningOp<SelectExpertOp>();
  FailureOr<Value> weight = f.param(select ? select.getStack() : op.getWeight(), /*panels=*/true), bias = Value();
  if (failed(weight))
    return noParameter(op, "weight");
  if (Value own = op.getBias()) {
    auto selectBias = own.getDefiningOp<SelectExpertOp>();
    if (static_cast<bool>(select) != static_cast<bool>(selectBias) || (select && select.getExpert() != selectBias.getExpert()))
      return op.emitOpError("weight and bias must be of the same expert");
    if (failed(bias = f.param(select ? selectBias.getStack() : own, /*panels=*/false)))
      return noParameter(op, "bias");
  }
  GemmCall gemm{f.buffer(op.getX()), *weight, *bias, f.allocate(op.getResult())};
  if (select) {
    gemm.config.push_back(f.attr("experts", cast<RankedTensorType>(select.getStack().getType()).getDimSize(0)));
    gemm.scalars.push_back(f.program.extent({f.flag(select.getExpert())}));
  }
  if (Value count = f.rowCount(op.getX())) {
    gemm.config.push_back(f.attr("counted", true));
    gemm.tables.push_back(count);
  }
  gemm.dispatch(f, op);
  return success();
}

/// What norms, which may have no weight, tell their kernel.
SmallVector<NamedAttribute> normAttributes(FunctionLowering &f, APFloat eps, NormVariant variant, Value weight) {
  SmallVector<NamedAttribute> config{f.attr("eps", eps), f.attr("variant", stringifyNormVariant(variant))};
  if (weight)
    config.push_back(f.element("w_type", weight));
  return config;
}

LogicalResult lower(FunctionLowering &f, RmsNormOp op) {
  FailureOr<Value> weight = Value();
  if (op.getWeight() && failed(weight = f.param(op.getWeight(), /*panels=*/false)))
    return noParameter(op, "weight");
  std::string kind = f.kindOf(op, "rms_norm");
  FunctionLowering::Runs x = f.runs(op.getX(), /*whole=*/kind != "rms_norm");
  Value out = f.allocate(op.getResult());
  int64_t cols = lastDim(op.getX());
  SmallVector<NamedAttribute> config = normAttributes(f, op.getEps(), op.getVariant(), *weight);
  config.append({f.attr("cols", cols), f.attr("groups", f.groups(out)), f.stride("ldx", x.buffer), f.stride("ldo", out),
                 f.element("x_type", x.buffer), f.element("out_type", out)});
  f.addRuns(config, "x", x, cols);
  SmallVector<FunctionLowering::Use> uses{f.read(x.buffer)};
  if (*weight)
    uses.push_back(f.read(*weight));
  uses.push_back(f.write(out));
  f.dispatchRows(op.getLoc(), kind, config, uses, cpu::kRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, AddRmsNormOp op) {
  FailureOr<Value> weight = Value();
  if (op.getWeight() && failed(weight = f.param(op.getWeight(), /*panels=*/false)))
    return noParameter(op, "weight");
  Value a = f.buffer(op.getA()), b = f.buffer(op.getB()), sum = f.allocate(op.getSum()), out = f.allocate(op.getResult());
  SmallVector<NamedAttribute> config = normAttributes(f, op.getEps(), op.getVariant(), *weight);
  config.append({f.attr("cols", lastDim(op.getA())), f.attr("groups", f.groups(a)), f.stride("lda", a), f.stride("ldb", b),
                 f.stride("ldx", sum), f.stride("ldo", out), f.attr("residual", true), f.element("x_type", a), f.element("out_type", out)});
  SmallVector<FunctionLowering::Use> uses{f.read(a), f.read(b)};
  if (*weight)
    uses.push_back(f.read(*weight));
  uses.append({f.write(sum), f.write(out)});
  f.dispatchRows(op.getLoc(), "rms_norm", config, uses, cpu::kRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, LayerNormOp op) {
  FailureOr<Value> weight = f.param(op.getWeight(), /*panels=*/false), bias = f.param(op.getBias(), /*panels=*/false);
  if (failed(weight))
    return noParameter(op, "weight");
  if (failed(bias))
    return noParameter(op, "bias");
  FunctionLowering::Runs x = f.runs(op.getX());
  Value out = f.allocate(op.getResult());
  int64_t cols = lastDim(op.getX());
  SmallVector<NamedAttribute> config{f.attr("cols", cols),         f.attr("groups", f.groups(out)), f.stride("ldx", x.buffer),
                                     f.stride("ldo", out),         f.attr("eps", op.getEps()),      f.element("x_type", x.buffer),
                                     f.element("w_type", *weight), f.element("out_type", out)};
  f.addRuns(config, "x", x, cols);
  f.dispatchRows(op.getLoc(), "layer_norm", config, {f.read(x.buffer), f.read(*weight), f.read(*bias), f.write(out)}, cpu::kRowBlock);
  return success();
}

// [lower-glu]
LogicalResult lower(FunctionLowering &f, GluOp op) {
  Value gate = f.buffer(op.getGate()), up = f.buffer(op.getUp()), out = f.allocate(op.getResult());
  f.dispatchRows(op.getLoc(), f.kindOf(op, "glu"),
                 {f.attr("cols", f.rowElements(out)), f.stride("ldg", gate), f.stride("ldu", up), f.stride("ldo", out),
                  f.attr("act", stringifyGluActivation(op.getAct())), f.element("type", out)},
                 {f.read(gate), f.read(up), f.write(out)}, cpu::kRowBlock);
  return success();
}
// [/lower-glu]

/// The linear that uses it reads the expert's panels or bias in place.
LogicalResult lower(FunctionLowering &f, SelectExpertOp op) {
  for (OpOperand &use : op->getUses())
    if (auto linear = dyn_cast<LinearOp>(use.getOwner()); !linear || (linear.getWeight() != use.get() && linear.getBias() != use.get()))
      return op.emitOpError() << "can only be the weight or bias of a veomni.linear, found " << use.getOwner()->getName();
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
  int64_t aCols = lastDim(op.getA()), bCols = lastDim(op.getB());
  SmallVector<NamedAttribute> config{f.attr("groups", f.groups(out)), f.attr("a_cols", aCols),   f.attr("b_cols", bCols),
                                     f.stride("lda", a.buffer),       f.stride("ldb", b.buffer), f.stride("ldo", out),
                                     f.element("type", out)};
  f.addRuns(config, "a", a, aCols);
  f.addRuns(config, "b", b, bCols);
  f.dispatchRows(op.getLoc(), "concat", config, {f.read(a.buffer), f.read(b.buffer), f.write(out)}, cpu::kRowBlock);
  return success();
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
  return op->emitOpError() << what << " must be a veomni.param: kernels read weights as the checkpoint's recipes lay them out";
}

bool boundToBf16Dot(Operation *op) { return kernels::boundKernel(op) == "bf16_dot"; }

void GemmCall::dispatch(FunctionLowering &f, Operation *op) const {
  bool bf16Dot = boundToBf16Dot(op);
  int64_t n = f.type(out).getRowDims().back().value, k = f.type(x).getRowDims().back().value;
  int64_t group = cpu::gemmPanelGroup(n, k, f.type(weight).getElementType().isBF16(), copiesRows || bf16Dot);
  int64_t panels = (n + cpu::kPanelColumns - 1) / cpu::kPanelColumns;
  SmallVector<NamedAttribute> attributes{f.attr("n", n),           f.attr("k", k),
                                         f.stride("lda", x),       f.stride("ldc", out),
                                         f.element("a_type", x),   f.element("w_type", weight),
                                         f.element("c_type", out), f.attr("bias", static_cast<bool>(bias)),
                                         f.attr("group", group)};
  llvm::append_range(attributes, config);
  if (bf16Dot)
    attributes.push_back(f.attr("bf16_dot", true));
  SmallVector<FunctionLowering::Use> uses{f.read(x), f.read(weight)};
  if (bias)
    uses.push_back(f.read(bias));
  for (Value table : tables)
    uses.push_back(f.read(table));
  uses.push_back(f.write(out));
  SmallVector<rt::ExtentAttr> allScalars{f.rows(out)};
  llvm::append_range(allScalars, scalars);
  f.dispatch(op->getLoc(), "gemm", attributes, uses, allScalars,
             {f.rows(out, cpu::kGemmRows), f.program.extent({rt::Dim((panels + group - 1) / group)})});
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
