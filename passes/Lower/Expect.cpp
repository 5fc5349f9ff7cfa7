// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The errors of lowering that several ops share.
#include "Expect.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/RegistryInterface.h"

using namespace mlir;

namespace veomni::lower {

LogicalResult expectBoundKernel(Operation *op) {
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

LogicalResult expectDynamicTokens(Operation *op) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op->getOperand(0).getType()).getShape();
  if (ShapedType::isDynamic(shape[0]) && ShapedType::isDynamic(shape[1]))
    return success();
  return op->emitOpError() << "batch and seq must be dynamic dims to be lowered, found " << op->getOperand(0).getType();
}

LogicalResult expectDynamicRoutes(Operation *op, Value tokens) {
  auto type = cast<RankedTensorType>(tokens.getType());
  if (static_cast<int64_t>(type.getNumDynamicDims()) + 1 == type.getRank())
    return success();
  return op->emitOpError() << "no kernel takes tokens of " << type << ": all dims but the last must be dynamic";
}

LogicalResult expectPlainRows(Operation *op, int64_t inRow) {
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  // A static tensor is dense, and all its dims but the last count rows.
  if (type.getRank() - static_cast<int64_t>(type.getNumDynamicDims()) == inRow || (type.hasStaticShape() && inRow == 1))
    return success();
  constexpr StringRef others[] = {"", " but the last", " but the last two"};
  return op->emitOpError() << "no kernel takes " << type << ": all dims" << others[inRow] << " must be dynamic";
}

LogicalResult noParameter(Operation *op, StringRef what) {
  return op->emitOpError() << what
                           << " must be a veomni.param: kernels read weights as the checkpoint's recipes lay them out";
}

} // namespace veomni::lower
