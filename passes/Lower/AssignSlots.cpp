// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory: values whose lives do not meet share a slot.
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Passes/Lower/Passes.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace veomni::lower {

// [pass-definition]
#define GEN_PASS_DEF_ASSIGNSLOTS
#include "veomni/Passes/Lower/Passes.h.inc"
// [/pass-definition]

namespace {

/// A size as its constant part and what it is multiplied with; sizes with equal symbols grow together.
struct Size {
  int64_t constant = 1;
  SmallVector<Attribute> symbols;

  explicit Size(rt::ExtentAttr bytes) {
    for (rt::Dim dim : bytes.getFactors()) {
      if (dim.isConstant())
        constant *= dim.value;
      else
        symbols.push_back(dim.symbol);
    }
    llvm::sort(symbols, [](Attribute a, Attribute b) { return cast<StringAttr>(a).getValue() < cast<StringAttr>(b).getValue(); });
  }
};

struct Slot {
  Size size;
  unsigned busyUntil; // the last instruction that touches its present value
};

class AssignSlots : public impl::AssignSlotsBase<AssignSlots> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<rt::FuncOp>())
      assign(function);
  }

  void assign(rt::FuncOp function);
};

/// The value whose memory `value` is.
Value memoryOf(Value value) {
  while (auto view = value.getDefiningOp<rt::ViewOp>())
    value = view.getSource();
  return value;
}

void AssignSlots::assign(rt::FuncOp function) {
  // Values that no instruction touches need no memory.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isa<rt::SlotOp, rt::ViewOp>(op) && op.use_empty())
      op.erase();

  struct Life {
    unsigned first, last;
  };
  llvm::MapVector<Operation *, Life> lives; // in order of first use
  unsigned position = 0;
  for (Operation &op : function.getBody().front()) {
    if (isa<rt::SlotOp, rt::ParamOp, rt::ViewOp>(op))
      continue;
    ++position;
    for (Value operand : op.getOperands())
      if (auto slot = memoryOf(operand).getDefiningOp<rt::SlotOp>()) {
        auto [it, isNew] = lives.try_emplace(slot, Life{position, position});
        it->second.last = position;
      }
  }

  SmallVector<Slot> slots;
  for (auto &[op, life] : lives) {
    auto value = cast<rt::SlotOp>(op);
    Size size(cast<rt::BufferType>(value.getType()).getBytes());
    Slot *best = nullptr;
    auto distance = [&](const Slot &slot) { return std::abs(slot.size.constant - size.constant); };
    for (Slot &slot : slots)
      if (slot.busyUntil < life.first && slot.size.symbols == size.symbols && (!best || distance(slot) < distance(*best)))
        best = &slot;
    if (!best)
      best = &slots.emplace_back(Slot{size, 0});
    best->size.constant = std::max(best->size.constant, size.constant);
    best->busyUntil = life.last;
    value.setIndex(best - slots.data());
  }
  function.setSlotCount(slots.size());
  numValues += lives.size();
  numSlots += slots.size();
}

} // namespace
} // namespace veomni::lower
