// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What instructions do with which memory.
#include "veomni/Dialect/Program/Accesses.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::rt {

Value memoryOf(Value value) {
  while (auto view = value.getDefiningOp<ViewOp>())
    value = view.getSource();
  return value;
}

bool shareMemory(Value a, Value b) {
  a = memoryOf(a), b = memoryOf(b);
  auto slot = a.getDefiningOp<SlotOp>(), other = b.getDefiningOp<SlotOp>();
  return a == b || (slot && other && slot.getIndex() == other.getIndex());
}

/// The first half is read, the other written.
static SmallVector<Access> halves(unsigned operands) {
  SmallVector<Access> accesses(operands / 2, Access::read);
  accesses.append(operands - operands / 2, Access::write);
  return accesses;
}

static SmallVector<Access> declaredBy(ArrayAttr operands) {
  return llvm::map_to_vector(operands.getAsRange<OperandAttr>(), [](OperandAttr each) { return each.getAccess(); });
}

SmallVector<Access> accessesOf(Operation *instruction, SymbolTableCollection &tables) {
  auto ofCallee = [&](auto call) -> SmallVector<Access> {
    auto callee = tables.lookupNearestSymbolFrom<FuncOp>(call, call.getCalleeAttr());
    if (!callee)
      return {};
    return llvm::map_to_vector(callee.getArguments().template getAsRange<ArgumentAttr>(),
                               [](ArgumentAttr argument) { return argument.getAccess(); });
  };
  auto accesses =
      llvm::TypeSwitch<Operation *, SmallVector<Access>>(instruction)
          .Case<DispatchOp>([&](DispatchOp dispatch) -> SmallVector<Access> {
            auto kernel = tables.lookupNearestSymbolFrom<KernelOp>(dispatch, dispatch.getKernelAttr());
            return kernel ? declaredBy(kernel.getOperandTypes()) : SmallVector<Access>();
          })
          .Case<LibraryCallOp>([](LibraryCallOp call) { return declaredBy(call.getSignature()); })
          .Case<CollectiveOp, WaitOp>([](Operation *op) { return halves(op->getNumOperands()); })
          .Case<CallOp, LoopOp>(ofCallee)
          .Case<ExpertDispatchOp>([](auto) { return SmallVector<Access>{Access::read, Access::read, Access::write}; })
          .Default([](Operation *) { return SmallVector<Access>(); });
  if (accesses.size() != instruction->getNumOperands())
    accesses.clear();
  return accesses;
}

std::optional<Conflict> conflictOf(Operation *instruction, CollectiveOp collective, SymbolTableCollection &tables) {
  const unsigned sources = collective.getSources().size();
  const SmallVector<Access> accesses = accessesOf(instruction, tables);
  for (auto [index, access] : llvm::enumerate(accesses))
    for (auto [moving, value] : llvm::enumerate(collective.getOperands()))
      if ((moving >= sources || access != Access::read) && shareMemory(value, instruction->getOperand(index)))
        return Conflict{unsigned(index), access, unsigned(moving)};
  return std::nullopt;
}

} // namespace veomni::rt
