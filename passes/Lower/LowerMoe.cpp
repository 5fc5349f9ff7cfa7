// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Routing, the eager loop over experts, and the loss that balances them.
#include "FunctionLowering.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::lower {

namespace {

int64_t lastDim(Value value) { return cast<RankedTensorType>(value.getType()).getShape().back(); }

LogicalResult lower(FunctionLowering &f, RouterOp op) {
  Value logits = f.buffer(op.getLogits()), experts = f.allocate(op.getExperts()), weights = f.allocate(op.getWeights());
  std::string weightType;
  llvm::raw_string_ostream(weightType) << op.getWeightType();
  f.dispatchRows(op.getLoc(), "router",
                 {f.attr("experts", lastDim(op.getLogits())), f.attr("top_k", static_cast<int64_t>(op.getTopK())),
                  f.attr("score", stringifyRouterScore(op.getScore())), f.attr("renormalize", op.getRenormalize()),
                  f.element("type", logits), f.attr("weight_type", StringRef(weightType)), f.stride("ldl", logits),
                  f.stride("ldi", experts), f.stride("ldw", weights)},
                 {f.read(logits), f.write(experts), f.write(weights)}, cpu::kRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, GroupRouterOp op) {
  Value logits = f.buffer(op.getLogits()), bias = f.buffer(op.getBias());
  Value experts = f.allocate(op.getExperts()), weights = f.allocate(op.getWeights());
  f.dispatchRows(op.getLoc(), "group_router",
                 {f.attr("experts", lastDim(op.getLogits())), f.attr("groups", static_cast<int64_t>(op.getGroups())),
                  f.attr("groups_per_token", static_cast<int64_t>(op.getGroupsPerToken())),
                  f.attr("top_k", static_cast<int64_t>(op.getTopK())), f.attr("renormalize", op.getRenormalize()),
                  f.attr("scale", op.getScale()), f.element("type", logits), f.stride("ldl", logits), f.stride("ldi", experts),
                  f.stride("ldw", weights)},
                 {f.read(logits), f.read(bias), f.write(experts), f.write(weights)}, cpu::kRowBlock);
  return success();
}

LogicalResult lower(FunctionLowering &f, PackedGluOp op) {
  Value x = f.buffer(op.getX()), out = f.allocate(op.getResult());
  SmallVector<NamedAttribute> config{f.attr("cols", lastDim(op.getResult())),
                                     f.stride("ldg", x),
                                     f.stride("ldo", out),
                                     f.attr("act", stringifyGluActivation(op.getAct())),
                                     f.element("type", out),
                                     f.attr("fused", true),
                                     f.attr("layout", stringifyGluLayout(op.getLayout()))};
  for (auto [name, value] : {std::pair(StringRef("limit"), op.getLimit()), {"alpha", op.getAlpha()}, {"up_shift", op.getUpShift()}})
    if (value)
      config.push_back(f.attr(name, *value));
  SmallVector<FunctionLowering::Use> uses{f.read(x)};
  if (Value count = f.rowCount(op.getX())) {
    config.push_back(f.attr("counted", true));
    uses.push_back(f.read(count));
  }
  uses.push_back(f.write(out));
  f.dispatchRows(op.getLoc(), f.kindOf(op, "glu"), config, uses, cpu::kRowBlock);
  return success();
}

/// The body of the loop: count and gather an expert's tokens, run it, add what it gives to the tokens' rows.
rt::FuncOp createLoopBody(FunctionLowering &f, ExpertsLoopOp op, const ProgramBuilder::Instance &instance, Value x, Value experts,
                          Value weights, Value sum) {
  MLIRContext *context = f.context;
  rt::FuncOp expert = instance.lowered;
  auto argument = [&](rt::Access access) { return rt::ArgumentAttr::get(context, access, StringAttr::get(context, "")); };
  std::string name = f.program.unique((expert.getSymName() + "$loop").str());
  auto body = rt::FuncOp::create(
      f.program.functions, op.getLoc(), name, {f.type(x), f.type(experts), f.type(weights), f.type(sum)},
      {argument(rt::Access::read), argument(rt::Access::read), argument(rt::Access::read), argument(rt::Access::read_write)},
      expert.getParamCount(), 5);
  OpBuilder builder = OpBuilder::atBlockEnd(&body.getBody().front());
  unsigned slots = 0;
  auto slot = [&](rt::BufferType type) -> Value { return rt::SlotOp::create(builder, op.getLoc(), type, slots++); };
  Type i32 = builder.getI32Type();
  // At most all tokens choose one expert.
  auto list = rt::BufferType::get(context, {f.program.dim(instance.binding.front().second)}, i32);
  Value tokens = slot(list), hits = slot(list), count = slot(expert.getArgumentType(1));
  Value rows = slot(expert.getArgumentType(0)), out = slot(expert.getArgumentType(2));

  rt::ExtentAttr allRows = f.rows(x), blocks = f.rows(x, cpu::kRowBlock), one = f.program.extent({});
  rt::ExtentAttr current = f.program.extent({f.program.expertSymbol().getAsDim()});
  auto dispatch = [&](StringRef kind, ArrayRef<NamedAttribute> config, ArrayRef<FunctionLowering::Use> uses,
                      ArrayRef<rt::ExtentAttr> scalars, rt::ExtentAttr workgroups) {
    SmallVector<Value> operands = llvm::map_to_vector(uses, [](const FunctionLowering::Use &use) { return use.buffer; });
    rt::DispatchOp::create(builder, op.getLoc(), f.declareKernel(kind, config, uses, scalars.size()), workgroups, operands, scalars);
  };
  Value xArgument = body.getArgument(0), expertsArgument = body.getArgument(1), weightsArgument = body.getArgument(2);
  Value sumArgument = body.getArgument(3);
  int64_t cols = lastDim(op.getX());
  dispatch("expert_rows", {f.attr("top_k", lastDim(op.getExperts())), f.stride("ldi", expertsArgument)},
           {f.read(expertsArgument), f.write(tokens), f.write(hits), f.write(count)}, {allRows, current}, one);
  dispatch("expert_gather", {f.attr("cols", cols), f.stride("ldx", xArgument), f.stride("ldo", rows), f.element("type", xArgument)},
           {f.read(xArgument), f.read(tokens), f.read(count), f.write(rows)}, {allRows}, blocks);
  rt::CallOp::create(builder, op.getLoc(), expert, 0, "", ValueRange{rows, count, out});
  dispatch(
      "expert_combine",
      {f.attr("cols", cols), f.stride("ldx", out), f.stride("lda", sumArgument), f.stride("ldw", weightsArgument), f.element("type", out)},
      {f.read(out), f.read(tokens), f.read(hits), f.read(count), f.read(weightsArgument), {rt::Access::read_write, sumArgument}}, {allRows},
      blocks);
  rt::ReturnOp::create(builder, op.getLoc());
  return body;
}

LogicalResult lower(FunctionLowering &f, ExpertsLoopOp op) {
  Value x = f.buffer(op.getX()), experts = f.buffer(op.getExperts()), weights = f.buffer(op.getWeights());
  Value out = f.allocate(op.getResult());
  ProgramBuilder::Instance *expert = f.program.callee(op, f.instance);
  if (!expert || !expert->lowered)
    return failure(); // said already
  rt::SymbolOp symbol = f.program.expertSymbol();

  // Sums are f32 whatever the type of the activations.
  Type f32 = Float32Type::get(f.context);
  rt::BufferType outType = f.type(out);
  int64_t cols = lastDim(op.getX());
  bool direct = outType.getElementType() == f32;
  Value sum =
      direct ? out : f.scratch(rt::BufferType::get(f.context, outType.getDims(), f32, outType.getRowRank(), paddedRowStride(cols, f32)));
  f.dispatchRows(op.getLoc(), "fill",
                 {f.attr("cols", cols), f.stride("ldo", sum), f.element("type", sum), f.attr("value", llvm::APFloat(0.0f))}, {f.write(sum)},
                 cpu::kRowBlock);
  SmallVector<Value> operands{x, experts, weights, sum};
  auto *body = llvm::find_if(expert->loopBodies, [&](rt::FuncOp known) {
    return llvm::equal(known.getBody().front().getArgumentTypes(), ValueRange(operands).getTypes());
  });
  if (body == expert->loopBodies.end())
    body = &expert->loopBodies.emplace_back(createLoopBody(f, op, *expert, x, experts, weights, sum));
  f.instruction<rt::LoopOp>(op.getLoc(), symbol, rt::Dim(static_cast<int64_t>(op.getNumExperts())), *body, f.nextWindowBase(), 0, operands);
  if (!direct)
    f.copy(op.getLoc(), sum, out);
  return success();
}

LogicalResult lower(FunctionLowering &f, LoadBalancingLossOp op) {
  int64_t experts = lastDim(op.getLogits().front());
  Value mask = f.buffer(op.getMask()), out = f.allocate(op.getResult());
  Value stats = f.scratch(rt::BufferType::get(f.context, {rt::Dim(2 * experts + 1)}, Float32Type::get(f.context)));
  rt::ExtentAttr one = f.program.extent({});
  f.dispatch(op.getLoc(), "fill",
             {f.attr("cols", 2 * experts + 1), f.stride("ldo", stats), f.element("type", stats), f.attr("value", llvm::APFloat(0.0f))},
             {f.write(stats)}, {one}, {one});
  for (Value value : op.getLogits()) {
    Value logits = f.buffer(value);
    f.dispatch(op.getLoc(), "router_statistics",
               {f.attr("experts", experts), f.attr("top_k", static_cast<int64_t>(op.getTopK())), f.element("type", logits),
                f.stride("ldl", logits)},
               {f.read(logits), f.read(mask), {rt::Access::read_write, stats}}, {f.rows(logits)}, {one});
  }
  f.dispatch(op.getLoc(), "load_balancing_loss", {f.attr("experts", experts)}, {f.read(stats), f.write(out)}, {}, {one});
  return success();
}

LogicalResult lower(FunctionLowering &f, AddScaledOp op) {
  Value a = f.buffer(op.getA()), b = f.buffer(op.getB()), out = f.allocate(op.getResult());
  f.dispatch(op.getLoc(), "add_scaled", {f.attr("alpha", op.getAlpha())}, {f.read(a), f.read(b), f.write(out)}, {}, {f.program.extent({})});
  return success();
}

} // namespace

LogicalResult lowerMoe(FunctionLowering &f, Operation *op, bool &handled) {
  handled = true;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<RouterOp, GroupRouterOp, PackedGluOp, ExpertsLoopOp, LoadBalancingLossOp, AddScaledOp>([&](auto op) { return lower(f, op); })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

} // namespace veomni::lower
