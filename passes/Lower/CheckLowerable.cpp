// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What kernels cannot do is an error before it is lowered, not a program that computes something else.
#include "FunctionLowering.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/RegistryInterface.h"

using namespace mlir;
using namespace veomni;

/// Kernels over sequences take the sizes of batch and seq from dynamic dims; static ones would count as dims of a row. The factor rules of
/// such ops begin with both letters.
static LogicalResult expectDynamicTokens(Operation *op) {
  auto ruled = dyn_cast<ShardingRuleOpInterface>(op);
  if (!ruled || !ruled.getShardingRule().starts_with_insensitive("bs"))
    return success();
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op->getOperand(0).getType()).getShape();
  if (ShapedType::isDynamic(shape[0]) && ShapedType::isDynamic(shape[1]))
    return success();
  return op->emitOpError() << "batch and seq must be dynamic dims to be lowered, found " << op->getOperand(0).getType();
}

/// Kernels that know one run of columns per row (or heads of columns) would leave out what else lies in it: every dim before must be
/// dynamic.
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
      return op->emitOpError() << "is bound to '" << name << "', for which phase fuse rewrites it: run that first (" << kernel->lowering
                               << ")";
    return success();
  }
  return op->emitOpError() << "is bound to '" << name << "', which " << slot->op << "/" << variant << " does not have here; it has "
                           << known;
}

LogicalResult lower::checkLowerable(Operation *op) {
  return failure(failed(expectDynamicTokens(op)) || failed(expectPlainRows(op)) || failed(expectBoundKernel(op)));
}
