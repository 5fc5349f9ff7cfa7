// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Divides experts over ranks: parameters become parts, and loops over experts run on the rows that a rank receives.
#include "Parameters.h"
#include "Plan.h"

#include "veomni/Analysis/Axes.h"
#include "veomni/Passes/Shard/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace veomni::shard {

#define GEN_PASS_DEF_SHARDEXPERTS
#include "veomni/Passes/Shard/Passes.h.inc"

namespace {

/// A loop over experts and the function that runs one of them.
struct Loop {
  ExpertsLoopOp op;
  func::FuncOp expert;
};

class ExpertSharder {
public:
  ExpertSharder(ModuleOp module, int64_t ranks) : module(module), symbols(module), ranks(ranks) {}

  LogicalResult run(ArrayRef<ExpertsLoopOp> loops);

private:
  /// Whether functions fit together: none calls itself, local sizes fit.
  LogicalResult checkAxes();
  LogicalResult findStacks(Loop loop);
  LogicalResult findReaders();
  void divideStacks();
  func::FuncOp received(Loop loop);
  void dispatch(Loop loop);

  ModuleOp module;
  SymbolTable symbols;
  int64_t ranks;
  llvm::SetVector<Operation *> stacks;                  // `veomni.param`s of all experts
  Divisions divided;                                    // the parameters that those are
  llvm::StringMap<Operation *> whole;                   // what reads all of some parameter, likewise
  llvm::DenseMap<Operation *, func::FuncOp> receivedBy; // what runs on received rows, by the expert's function
};

LogicalResult ExpertSharder::checkAxes() {
  ModuleAxes axes;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal() && failed(axes.of(function)))
      return failure();
  return success();
}

/// The parameters that the loop's body takes one expert's part of.
LogicalResult ExpertSharder::findStacks(Loop loop) {
  const auto experts = static_cast<int64_t>(loop.op.getNumExperts());
  if (experts % ranks != 0)
    return loop.op.emitOpError() << "has " << experts << " experts, which the " << ranks << " ranks of '" << kExpertAxis
                                 << "' do not divide; expected a size of '" << kExpertAxis << "' that does";
  for (auto param : loop.expert.getOps<ParamOp>()) {
    auto selects = [](Operation *user) { return isa<SelectExpertOp>(user); };
    if (!llvm::any_of(param->getUsers(), selects))
      continue;
    const int64_t held = cast<RankedTensorType>(param.getType()).getDimSize(0);
    if (held != experts || !llvm::all_of(param->getUsers(), selects))
      return param.emitOpError() << "holds " << held << " experts and cannot be divided with the " << experts
                                 << " of a loop: " << (held != experts ? "it has others" : "it is read whole as well");
    stacks.insert(param);
  }
  return success();
}

/// The parameters by their full names.
LogicalResult ExpertSharder::findReaders() {
  return walkParameters(module, [&](ParameterReader reader) -> LogicalResult {
    if (stacks.contains(reader.param))
      divided[reader.name] = {kExpertAxis.str(), ranks, 0};
    else
      whole[reader.name] = reader.param;
    if (divided.contains(reader.name) && whole.contains(reader.name))
      return whole[reader.name]->emitOpError() << "reads all of \"" << reader.name << "\", which is divided over '"
                                               << kExpertAxis << "' since it holds the experts of a loop";
    return success();
  });
}

void ExpertSharder::divideStacks() {
  for (Operation *param : stacks)
    param->getResult(0).setType(partType(param->getResult(0).getType(), {kExpertAxis.str(), ranks, 0}));
  divideWeights(module, divided);
}

/// The function that runs a rank's experts on the rows that it receives.
func::FuncOp ExpertSharder::received(Loop loop) {
  func::FuncOp &known = receivedBy[loop.expert];
  if (known)
    return known;
  OpBuilder builder(loop.op->getParentOfType<func::FuncOp>());
  Location loc = loop.op.getLoc();
  auto rows = cast<RankedTensorType>(loop.expert.getArgumentTypes()[0]);
  auto numbers = RankedTensorType::get({ShapedType::kDynamic, 1}, builder.getI32Type());
  auto function = func::FuncOp::create(loc, (loop.expert.getSymName() + ".received").str(),
                                       builder.getFunctionType({rows, numbers}, {rows}));
  function.setPrivate();
  for (StringRef name : {VeOmniDialect::kClass, VeOmniDialect::kMethod})
    if (Attribute attribute = loop.expert->getAttr(name))
      function->setAttr(name, attribute);
  ArrayAttr axes = builder.getStrArrayAttr({"received"});
  function.setArgAttr(0, VeOmniDialect::kAxes, axes);
  function.setArgAttr(1, VeOmniDialect::kAxes, axes);
  function.setResultAttr(0, VeOmniDialect::kAxes, axes);
  builder.setInsertionPointToEnd(function.addEntryBlock());
  Value ones = FullLikeOp::create(builder, loc, RankedTensorType::get(numbers.getShape(), builder.getF32Type()),
                                  function.getArgument(1), builder.getF32FloatAttr(1.0F));
  auto local = ExpertsLoopOp::create(builder, loc, rows, loop.op.getCallee(), function.getArgument(0),
                                     function.getArgument(1), ones, loop.op.getNumExperts() / ranks);
  local->setDiscardableAttrs(loop.op->getDiscardableAttrDictionary());
  func::ReturnOp::create(builder, loc, local.getResult());
  symbols.insert(function, loop.op->getParentOfType<func::FuncOp>()->getIterator());
  return known = function;
}

void ExpertSharder::dispatch(Loop loop) {
  OpBuilder builder(loop.op);
  Location loc = loop.op.getLoc();
  auto x = cast<RankedTensorType>(loop.op.getX().getType());
  auto experts = cast<RankedTensorType>(loop.op.getExperts().getType());
  auto i32 = [&](int64_t size) { return RankedTensorType::get({size}, builder.getI32Type()); };
  auto rowsType = RankedTensorType::get({ShapedType::kDynamic, x.getShape().back()}, x.getElementType());
  auto sort = ExpertSortOp::create(builder, loc, i32(ShapedType::kDynamic), experts,
                                   i32(static_cast<int64_t>(loop.op.getNumExperts()) + 1), loop.op.getExperts());
  Value rows = PermuteOp::create(builder, loc, rowsType, loop.op.getX(), sort.getRoutes(), sort.getTopK());
  Value back = ExpertDispatchOp::create(builder, loc, rowsType, received(loop).getSymName(), rows, sort.getOffsets(),
                                        kExpertAxis);
  auto combine = ExpertCombineOp::create(builder, loc, loop.op.getType(), back, sort.getRoutes(), sort.getPlaces(),
                                         loop.op.getWeights());
  auto function = loop.op->getParentOfType<func::FuncOp>();
  auto options = remark::RemarkOpts::name("ShardExperts").category("shard").function(function.getSymName());
  remark::passed(loc, options) << "expert_dispatch over '" + kExpertAxis.str() + "': a rank has " +
                                      std::to_string(loop.op.getNumExperts() / ranks) + " of " +
                                      std::to_string(loop.op.getNumExperts()) +
                                      " experts; rows of tokens for experts elsewhere go there and come back, " +
                                      std::to_string(x.getShape().back() * x.getElementTypeBitWidth() / 8) +
                                      " bytes each way";
  loop.op.replaceAllUsesWith(combine.getResult());
  loop.op.erase();
}

LogicalResult ExpertSharder::run(ArrayRef<ExpertsLoopOp> ops) {
  if (failed(checkAxes()))
    return failure();
  SmallVector<Loop> loops;
  for (ExpertsLoopOp op : ops) {
    loops.push_back({op, calledFunction(op)});
    if (failed(findStacks(loops.back())))
      return failure();
  }
  if (failed(findReaders()))
    return failure();
  divideStacks();
  for (Loop loop : loops)
    dispatch(loop);
  return checkAxes(); // what was written must hold
}

class ShardExperts : public impl::ShardExpertsBase<ShardExperts> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    MeshAttr mesh = MeshAttr::of(module);
    const int64_t ranks = mesh ? mesh.ranksAlong(kExpertAxis).value_or(1) : 1;
    if (ranks == 1 || module.walk([](ExpertDispatchOp) { return WalkResult::interrupt(); }).wasInterrupted())
      return markAllAnalysesPreserved();
    SmallVector<ExpertsLoopOp> loops;
    module.walk([&](ExpertsLoopOp loop) { loops.push_back(loop); });
    bool good = true;
    module.walk([&](GroupedGemmOp product) {
      product.emitOpError() << "holds all of its experts on every rank; over '" << kExpertAxis
                            << "' those of a veomni.experts_loop are divided";
      good = false;
    });
    if (good && loops.empty()) {
      module.emitError() << "the mesh divides experts over " << ranks << " ranks ('" << kExpertAxis
                         << "'), but the model has none";
      good = false;
    }
    if (!good || failed(ExpertSharder(module, ranks).run(loops)))
      return signalPassFailure();
    numLoops += loops.size();
  }
};

} // namespace
} // namespace veomni::shard
