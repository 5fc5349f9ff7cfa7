// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory: values whose lives do not meet share a slot.
#include "veomni/Dialect/Program/Accesses.h"
#include "veomni/Dialect/Program/SizeExpansion.h"
#include "veomni/Passes/Lower/Passes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace veomni::lower {

// [pass-definition]
#define GEN_PASS_DEF_ASSIGNSLOTS
#include "veomni/Passes/Lower/Passes.h.inc"
// [/pass-definition]

namespace {

struct Slot {
  rt::SizePolynomial size;
  unsigned busyUntil; // the last instruction that touches its present value
};

/// How much larger one of two sizes is than the other, counted in coefficients; nothing where it is not known which one
/// is larger. The memory of a slot is that of its largest value: values share one only where one of them surely fits
/// into the other, so that sharing always saves memory.
std::optional<int64_t> distance(const rt::SizePolynomial &a, const rt::SizePolynomial &b) {
  std::optional<rt::SizePolynomial> difference = a.fitsInto(b) ? b.minus(a) : b.fitsInto(a) ? a.minus(b) : std::nullopt;
  if (!difference)
    return std::nullopt;
  int64_t total = 0;
  for (const rt::SizePolynomial::Term &term : difference->terms())
    if (llvm::AddOverflow(total, term.coefficient, total))
      return std::nullopt;
  return total;
}

class AssignSlots : public impl::AssignSlotsBase<AssignSlots> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<rt::FuncOp>())
      assign(function);
  }

  void assign(rt::FuncOp function);
};

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
    if (rt::isValue(&op))
      continue;
    ++position;
    for (Value operand : op.getOperands())
      if (auto slot = rt::memoryOf(operand).getDefiningOp<rt::SlotOp>()) {
        auto [it, isNew] = lives.try_emplace(slot, Life{position, position});
        it->second.last = position;
      }
  }

  SymbolTableCollection tables;
  rt::SizeExpansion expansion(function, tables);
  SmallVector<Slot> slots;
  for (auto &[op, life] : lives) {
    auto value = cast<rt::SlotOp>(op);
    rt::ExtentAttr bytes = cast<rt::BufferType>(value.getType()).getBytes();
    rt::SizePolynomial size = expansion.expand(bytes).value_or(bytes.getSum());
    Slot *best = nullptr;
    int64_t nearest = 0;
    for (Slot &slot : slots) {
      std::optional<int64_t> far = slot.busyUntil < life.first ? distance(slot.size, size) : std::nullopt;
      if (far && (!best || *far < nearest))
        best = &slot, nearest = *far;
    }
    if (!best)
      best = &slots.emplace_back(Slot{size, 0});
    if (best->size.fitsInto(size))
      best->size = size;
    best->busyUntil = life.last;
    value.setIndex(best - slots.data());
  }
  function.setSlotCount(slots.size());
  numValues += lives.size();
  numSlots += slots.size();
}

} // namespace
} // namespace veomni::lower
