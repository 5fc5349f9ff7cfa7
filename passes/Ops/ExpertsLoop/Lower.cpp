// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop over experts, each on the tokens that chose it.
#include "Lower/CheckIndices.h"
#include "Lower/Expect.h"
#include "Lower/OpLowerings.h"

using namespace mlir;

namespace veomni::lower {

/// The body of the loop: count and gather an expert's tokens, run it, add what it gives to the tokens' rows.
static FailureOr<rt::FuncOp> createLoopBody(FunctionLowering &f, ExpertsLoopOp op,
                                            const ProgramBuilder::Instance &instance, Value x, Value experts,
                                            Value weights, Value sum) {
  MLIRContext *context = f.context;
  rt::FuncOp expert = instance.lowered;
  auto argument = [&](rt::Access access) {
    return rt::ArgumentAttr::get(context, access, StringAttr::get(context, ""));
  };
  std::string name = f.program.unique((expert.getSymName() + "$loop").str());
  auto body = rt::FuncOp::create(f.program.functions, op.getLoc(), name,
                                 {f.type(x), f.type(experts), f.type(weights), f.type(sum)},
                                 {argument(rt::Access::read), argument(rt::Access::read), argument(rt::Access::read),
                                  argument(rt::Access::read_write)},
                                 expert.getParamCount(), 5);
  OpBuilder builder = OpBuilder::atBlockEnd(&body.getBody().front());
  unsigned slots = 0;
  auto slot = [&](rt::BufferType type) -> Value { return rt::SlotOp::create(builder, op.getLoc(), type, slots++); };
  Type i32 = builder.getI32Type();
  // At most all tokens choose one expert.
  auto list = rt::BufferType::get(context, {f.program.dim(instance.binding.front().second)}, i32);
  Value tokens = slot(list), hits = slot(list), count = slot(expert.getArgumentType(1));
  Value rows = slot(expert.getArgumentType(0)), out = slot(expert.getArgumentType(2));

  rt::ExtentAttr current = f.program.extent({f.program.expertSymbol().getAsDim()});
  Value xArgument = body.getArgument(0), expertsArgument = body.getArgument(1), weightsArgument = body.getArgument(2);
  Value sumArgument = body.getArgument(3);
  if (failed(f.dispatch(builder, op, "expert_rows", {},
                        {f.read(expertsArgument), f.write(tokens), f.write(hits), f.write(count)}, {current})) ||
      failed(f.dispatch(builder, op, "expert_gather", {},
                        {f.read(xArgument), f.read(tokens), f.read(count), f.write(rows)})))
    return failure();
  rt::CallOp::create(builder, op.getLoc(), expert, 0, "", ValueRange{rows, count, out});
  if (failed(f.dispatch(builder, op, "expert_combine", {},
                        {f.read(out),
                         f.read(tokens),
                         f.read(hits),
                         f.read(count),
                         f.read(weightsArgument),
                         {rt::Access::read_write, sumArgument}})))
    return failure();
  rt::ReturnOp::create(builder, op.getLoc());
  return body;
}

static LogicalResult lower(FunctionLowering &f, ExpertsLoopOp op) {
  if (failed(expectDynamicRoutes(op, op.getX())))
    return failure();
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
  Value sum = direct ? out
                     : f.scratch(rt::BufferType::get(f.context, outType.getDims(), f32, outType.getRowRank(),
                                                     f.rowStride(cols, f32)));
  if (failed(f.dispatch(op, "fill", {f.attr("value", llvm::APFloat(0.0f))}, {f.write(sum)})))
    return failure();
  SmallVector<Value> operands{x, experts, weights, sum};
  auto *body = llvm::find_if(expert->loopBodies, [&](rt::FuncOp known) {
    return llvm::equal(known.getBody().front().getArgumentTypes(), ValueRange(operands).getTypes());
  });
  if (body == expert->loopBodies.end()) {
    FailureOr<rt::FuncOp> made = createLoopBody(f, op, *expert, x, experts, weights, sum);
    if (failed(made))
      return failure();
    body = &expert->loopBodies.emplace_back(*made);
  }
  f.instruction<rt::LoopOp>(op.getLoc(), symbol, rt::Dim(static_cast<int64_t>(op.getNumExperts())), *body,
                            f.nextWindowBase(), 0, operands);
  return direct ? success() : f.copy(op, sum, out);
}

void rooms::ExpertsLoop(OpLowerings &ops) {
  ops.add<ExpertsLoopOp>(lower).indices(
      [](IndexCheck &check, ExpertsLoopOp op) { return check.within(op, 1, op.getNumExperts()); });
}

} // namespace veomni::lower
