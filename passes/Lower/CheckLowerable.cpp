// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What kernels cannot do is an error before it is lowered, not a program that computes something else.
#include "FunctionLowering.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/RegistryInterface.h"

using namespace mlir;
using namespace veomni;

/// Kernels over sequences take the sizes of batch and seq from dynamic dims; static ones would count as dims of a row.
static LogicalResult expectDynamicTokens(Operation *op) {
  bool overSequences = isa<AttentionMaskOp, AttentionOp, AttentionScoresOp, AttentionValuesOp, CrossEntropyOp,
                           DocumentStartsOp, GatedDeltaScanOp, KeepKeysOp, LinearCrossEntropyOp, LoadBalancingLossOp,
                           SelectKeysOp, ShiftLabelsOp, ShiftTokensOp>(op);
  if (!overSequences)
    return success();
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op->getOperand(0).getType()).getShape();
  if (ShapedType::isDynamic(shape[0]) && ShapedType::isDynamic(shape[1]))
    return success();
  return op->emitOpError() << "batch and seq must be dynamic dims to be lowered, found " << op->getOperand(0).getType();
}

/// Kernels of attention count queries and keys by one number.
static LogicalResult expectKeysOfQueries(lower::FunctionLowering &f, Operation *op) {
  Value queries, keys;
  if (auto attention = dyn_cast<AttentionOp>(op))
    queries = attention.getQuery(), keys = attention.getKey();
  else if (auto mask = dyn_cast<AttentionMaskOp>(op))
    queries = mask.getStarts(), keys = mask.getKeyMask();
  else if (auto scores = dyn_cast<AttentionScoresOp>(op))
    queries = scores.getQuery(), keys = scores.getKey();
  else if (auto values = dyn_cast<AttentionValuesOp>(op))
    queries = values.getWeights(), keys = values.getValue();
  if (!queries || f.extent(queries, 1) == f.extent(keys, 1))
    return success();
  return op->emitOpError() << "no kernel takes " << f.extent(queries, 1).str() << " queries and "
                           << f.extent(keys, 1).str() << " keys: both must be one axis";
}

/// Routes of tokens are counted over all of their dims, which must be dynamic.
static LogicalResult expectDynamicRoutes(Operation *op) {
  Value tokens;
  if (auto sort = dyn_cast<ExpertSortOp>(op))
    tokens = sort.getExperts();
  else if (auto permute = dyn_cast<PermuteOp>(op))
    tokens = permute.getX();
  else if (auto combine = dyn_cast<ExpertCombineOp>(op))
    tokens = combine.getPlaces();
  else if (auto loop = dyn_cast<ExpertsLoopOp>(op))
    tokens = loop.getX();
  auto type = tokens ? cast<RankedTensorType>(tokens.getType()) : RankedTensorType();
  if (!type || static_cast<int64_t>(type.getNumDynamicDims()) + 1 == type.getRank())
    return success();
  return op->emitOpError() << "no kernel takes tokens of " << type << ": all dims but the last must be dynamic";
}

/// Kernels that know one run of columns per row (or heads of columns) would leave out what else lies in it: every dim
/// before must be dynamic.
static LogicalResult expectPlainRows(Operation *op) {
  int64_t inRow = 0; // dims
  if (isa<GroupRouterOp, LinearOp, PackedGluOp, RouterOp>(op))
    inRow = 1;
  else if (isa<RopeOp>(op))
    inRow = 2;
  else if (!isa<EmbeddingOp, NotEqualOp, RopeTableOp>(op))
    return success();
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  // A static tensor is dense, and all its dims but the last count rows.
  if (type.getRank() - static_cast<int64_t>(type.getNumDynamicDims()) == inRow || (type.hasStaticShape() && inRow == 1))
    return success();
  constexpr StringRef others[] = {"", " but the last", " but the last two"};
  return op->emitOpError() << "no kernel takes " << type << ": all dims" << others[inRow] << " must be dynamic";
}

/// What phase bind chose is there, and a rewrite that it asks for was made: there is no falling back to another kernel.
static LogicalResult expectBoundKernel(Operation *op) {
  StringRef name = kernels::boundKernel(op);
  const kernels::KernelRegistry *registry = kernels::registryOf(op->getContext());
  const kernels::Slot *slot = registry && !name.empty() ? registry->slotOf(op) : nullptr;
  if (!slot)
    return success();
  std::string variant = slot->describe(op).variant, known;
  for (const kernels::Kernel *kernel : registry->kernelsOf(slot->op, variant)) {
    if (kernel->name != name) {
      known += (known.empty() ? "" : ", ") + kernel->name;
      continue;
    }
    if (StringRef(kernel->lowering).starts_with("pass "))
      return op->emitOpError() << "is bound to '" << name << "', for which phase fuse rewrites it: run that first ("
                               << kernel->lowering << ")";
    return success();
  }
  return op->emitOpError() << "is bound to '" << name << "', which " << slot->op << "/" << variant
                           << " does not have here; it has " << known;
}

LogicalResult lower::checkLowerable(FunctionLowering &f, Operation *op) {
  return failure(failed(expectDynamicTokens(op)) || failed(expectKeysOfQueries(f, op)) ||
                 failed(expectDynamicRoutes(op)) || failed(expectPlainRows(op)) || failed(expectBoundKernel(op)));
}
