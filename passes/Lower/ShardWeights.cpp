// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks keep parts of weights, as they lie in memory for the kernels, and gather them before they are read.
#include "veomni/Dialect/Program/Accesses.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Passes/Lower/Passes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace veomni::lower {

#define GEN_PASS_DEF_SHARDWEIGHTS
#include "veomni/Passes/Lower/Passes.h.inc"

namespace {

class ShardWeights : public impl::ShardWeightsBase<ShardWeights> {
  void runOnOperation() override;

  struct Part {
    rt::BufferType type;
    unsigned dim;
  };
  /// A rank's part of a weight, along the first dim that the ranks divide; nothing for what every rank keeps whole. It
  /// depends on the type alone, since functions know no more of their parameters.
  std::optional<Part> partOf(rt::BufferType type) const;
  /// Whether the weight is a part over an axis that re-divides the ranks: those that would gather it have other parts.
  bool isOfAnotherGroup(rt::WeightOp weight) const;
  void divide(rt::WeightOp weight);
  void gather(rt::FuncOp function);

  int64_t ranks = 1;
  llvm::StringSet<> redividing;       // axes of the mesh
  llvm::DenseSet<Type> ofOtherGroups; // types of weights that are parts over one of them
};

std::optional<ShardWeights::Part> ShardWeights::partOf(rt::BufferType type) const {
  const unsigned rank = type.getRank();
  const rt::Tile tile = type.getTile();
  if (ofOtherGroups.contains(type))
    return std::nullopt;
  for (unsigned dim = 0; rank > 1 && dim < rank; ++dim) {
    // Tiles move as they are, so that parts one behind the other are the whole.
    const int64_t unit = !tile || dim + 2 < rank ? 1 : dim + 2 == rank ? tile.rows : tile.columns;
    SmallVector<rt::Dim> dims(type.getDims());
    if (dims[dim].value % (ranks * unit) != 0)
      continue;
    dims[dim].value /= ranks;
    return Part{rt::BufferType::get(type.getContext(), dims, type.getElementType(), type.getRowRank(), 0, tile), dim};
  }
  return std::nullopt;
}

bool ShardWeights::isOfAnotherGroup(rt::WeightOp weight) const {
  return llvm::any_of(weight.getRecipe().toSteps(), [&](const recipe::Step &step) {
    return step.kind == recipe::StepKind::part && redividing.contains(step.key);
  });
}

void ShardWeights::divide(rt::WeightOp weight) {
  std::optional<Part> part = partOf(weight.getType());
  if (!part) {
    if (weight.getType().getRank() > 1 && !isOfAnotherGroup(weight))
      remark::passed(weight.getLoc(), remark::RemarkOpts::name("ShardWeights").category("shard"))
          << ("weight \"" + weight.getName() + "\" stays whole on every rank of '" + VeOmniDialect::kWeightAxis +
              "': " + Twine(ranks) + " ranks divide none of its dims")
                 .str();
    return;
  }
  recipe::Steps steps = weight.getRecipe().toSteps();
  const bool packs = !steps.empty() && steps.back().kind == recipe::StepKind::pack;
  steps.insert(steps.end() - (packs ? 1 : 0),
               recipe::part(VeOmniDialect::kWeightAxis.str(), static_cast<uint32_t>(ranks), part->dim));
  weight.setRecipeAttr(RecipeAttr::get(&getContext(), ArrayRef<recipe::Step>(steps)));
  weight.setType(part->type);
  ++numDivided;
}

/// What is first read between two calls is gathered at once, before all that reads it: a module's weights together, and
/// not while another module runs.
void ShardWeights::gather(rt::FuncOp function) {
  Block &body = function.getBody().front();
  unsigned slots = function.getSlotCount();
  struct Gather {
    SmallVector<Value> parts, wholes;
  };
  llvm::MapVector<std::pair<Operation *, unsigned>, Gather> gathers; // by the instruction behind it, and by dim
  Operation *first = nullptr;                                        // instruction of the stretch without calls
  for (Operation &op : llvm::make_early_inc_range(body)) {
    if (rt::isValue(&op))
      continue;
    const bool calls = isa<rt::CallOp, rt::LoopOp, rt::ExpertDispatchOp>(op);
    if (!first || calls)
      first = &op;
    for (Value operand : op.getOperands()) {
      Value memory = operand;
      while (auto view = memory.getDefiningOp<rt::ViewOp>())
        memory = view.getSource();
      auto param = memory.getDefiningOp<rt::ParamOp>();
      std::optional<Part> part = param ? partOf(cast<rt::BufferType>(param.getType())) : std::nullopt;
      if (!part)
        continue;
      OpBuilder builder(param->getContext());
      builder.setInsertionPointAfter(param);
      Value whole = rt::SlotOp::create(builder, param.getLoc(), param.getType(), slots++);
      param.getResult().replaceAllUsesWith(whole);
      Gather &gather = gathers[{first, part->dim}];
      gather.parts.push_back(param);
      gather.wholes.push_back(whole);
    }
    if (calls)
      first = nullptr;
  }
  for (auto &[place, gather] : gathers) {
    auto [before, dim] = place;
    for (Value part : gather.parts)
      part.setType(partOf(cast<rt::BufferType>(part.getType()))->type);
    OpBuilder builder(before);
    SmallVector<Value> operands(gather.parts);
    llvm::append_range(operands, gather.wholes);
    rt::CollectiveOp::create(builder, before->getLoc(), rt::CollectiveKind::all_gather, VeOmniDialect::kWeightAxis,
                             builder.getI64IntegerAttr(dim), IntegerAttr(), operands);
  }
  function.setSlotCount(slots);
}

void ShardWeights::runOnOperation() {
  ranks = 1;
  redividing.clear(), ofOtherGroups.clear();
  for (auto axis : getOperation().getOps<rt::MeshAxisOp>()) {
    if (axis.getName() == VeOmniDialect::kWeightAxis)
      ranks = static_cast<int64_t>(axis.getSize());
    if (axis.getRedivides())
      redividing.insert(axis.getName());
  }
  const bool done = llvm::any_of(getOperation().getOps<rt::WeightOp>(), [](rt::WeightOp weight) {
    return llvm::any_of(weight.getRecipe().toSteps(), [](const recipe::Step &step) {
      return step.kind == recipe::StepKind::part && step.key == VeOmniDialect::kWeightAxis;
    });
  });
  if (ranks == 1 || done)
    return markAllAnalysesPreserved();
  for (auto weight : getOperation().getOps<rt::WeightOp>())
    if (isOfAnotherGroup(weight))
      ofOtherGroups.insert(weight.getType());
  for (auto weight : getOperation().getOps<rt::WeightOp>())
    divide(weight);
  for (auto function : getOperation().getOps<rt::FuncOp>())
    gather(function);
}

} // namespace
} // namespace veomni::lower
