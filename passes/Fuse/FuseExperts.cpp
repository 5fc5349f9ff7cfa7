// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop over experts becomes two grouped products over rows that are sorted by expert. The loop visits every
// expert in turn, each with few rows; the grouped form gives all rows to the threads at once and gathers nothing.
#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/ExpertsBody.h"
#include "veomni/Passes/Fuse/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace veomni::fuse {

#define GEN_PASS_DEF_FUSEEXPERTS
#include "veomni/Passes/Fuse/Passes.h.inc"

namespace {

class FuseExperts : public impl::FuseExpertsBase<FuseExperts> {
  void runOnOperation() override;
};

/// The parameter of a matrix, or the bias, of one expert: the loop's body works on the same instance, so that the name
/// is the same.
Value parameterOf(OpBuilder &builder, Value part) {
  if (!part)
    return Value();
  return builder.clone(*part.getDefiningOp<SelectExpertOp>().getStack().getDefiningOp<ParamOp>())->getResult(0);
}

void fuse(ExpertsLoopOp loop, kernels::ExpertsBody body) {
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  Value gateUp = parameterOf(builder, body.gateUp.getWeight()),
        gateUpBias = parameterOf(builder, body.gateUp.getBias());
  Value down = parameterOf(builder, body.down.getWeight()), downBias = parameterOf(builder, body.down.getBias());

  auto rows = [&](Value like) {
    auto type = cast<RankedTensorType>(like.getType());
    return RankedTensorType::get({ShapedType::kDynamic, type.getShape().back()}, type.getElementType());
  };
  auto i32 = [&](int64_t size) { return RankedTensorType::get({size}, builder.getI32Type()); };
  auto sort = ExpertSortOp::create(builder, loc, i32(ShapedType::kDynamic), loop.getExperts().getType(),
                                   i32(static_cast<int64_t>(loop.getNumExperts()) + 1), loop.getExperts());
  Value x = PermuteOp::create(builder, loc, rows(loop.getX()), loop.getX(), sort.getRoutes(), sort.getTopK());
  auto product = [&](LinearOp linear, Value x, Value weight, Value bias) -> Value {
    auto gemm = GroupedGemmOp::create(builder, loc, rows(linear.getResult()), x, weight, sort.getOffsets(), bias);
    kernels::keepKernel(linear, gemm);
    return gemm;
  };
  Value hidden = product(body.gateUp, x, gateUp, gateUpBias);
  auto glu = cast<PackedGluOp>(builder.clone(*body.glu));
  glu.getXMutable().assign(hidden);
  Value out = product(body.down, glu, down, downBias);
  auto combine =
      ExpertCombineOp::create(builder, loc, loop.getType(), out, sort.getRoutes(), sort.getPlaces(), loop.getWeights());
  loop.replaceAllUsesWith(combine.getResult());
}

void FuseExperts::runOnOperation() {
  SmallVector<ExpertsLoopOp> loops;
  getOperation().walk([&](ExpertsLoopOp loop) { loops.push_back(loop); });
  llvm::SmallSetVector<StringAttr, 4> callees;
  for (ExpertsLoopOp loop : loops) {
    StringRef function = loop->getParentOfType<func::FuncOp>().getSymName();
    auto options = remark::RemarkOpts::name("FuseExperts").category("fuse").function(function);
    if (kernels::boundKernel(loop) != "grouped") {
      remark::missed(loop.getLoc(), options) << "the loop over experts stays: it is " + kernels::describeBinding(loop);
      continue;
    }
    std::string why;
    FailureOr<kernels::ExpertsBody> body = kernels::ExpertsBody::match(loop, why);
    if (failed(body)) {
      loop.emitOpError() << "is bound to 'grouped', but " << why;
      return signalPassFailure();
    }
    fuse(loop, *body);
    remark::passed(loop.getLoc(), options)
        << "the loop over " + std::to_string(loop.getNumExperts()) + " experts became two grouped products";
    callees.insert(loop.getCalleeAttr().getAttr());
    loop.erase();
    ++numFused;
  }
  SymbolTable symbols(getOperation());
  for (StringAttr callee : callees)
    if (SymbolTable::symbolKnownUseEmpty(callee, getOperation()))
      symbols.erase(symbols.lookup(callee));
}

} // namespace
} // namespace veomni::fuse
