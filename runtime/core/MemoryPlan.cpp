// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the buffers of a run lie, once the sizes of its inputs are known.
#include "core/MemoryPlan.h"

#include "core/Sizes.h"

#include <algorithm>
#include <optional>
#include <string>

namespace veomni {
namespace {

class Planner {
public:
  Planner(const bundle::Bundle &program, std::span<const int64_t> symbols, MemoryPlan &plan)
      : program_(program), symbols_(symbols), plan_(plan), depths_(program.functions()->size()) {}

  /// The offset of a new region behind `end`.
  uint64_t place(uint64_t &end, std::optional<uint64_t> size) {
    uint64_t offset = end;
    std::optional<uint64_t> region = MemoryPlan::regionSize(size);
    overflow_ |= !region || __builtin_add_overflow(end, *region, &end);
    return offset;
  }

  uint64_t placeBuffer(uint64_t &end, const bundle::BufferType &type) { return place(end, byteSize(type, symbols_)); }

  /// Lays out the frame of a function and of all it calls; returns the bytes they take together at the deepest.
  uint64_t layOut(uint32_t index) {
    if (depths_[index])
      return *depths_[index];
    const bundle::Function &function = *program_.functions()->Get(index);
    MemoryPlan::Frame &frame = plan_.functions[index];
    std::vector<uint64_t> sizes(function.slot_count(), 0);
    if (function.values())
      for (const bundle::Value *value : *function.values())
        if (value->storage() == bundle::Storage::slot) {
          std::optional<uint64_t> size = byteSize(*value->type(), symbols_);
          overflow_ |= !size;
          sizes[value->index()] = std::max(sizes[value->index()], size.value_or(0));
        }
    for (uint64_t size : sizes)
      frame.slots.push_back(place(frame.size, size));
    uint64_t deepest = 0;
    if (function.instructions())
      for (const bundle::Instruction *instruction : *function.instructions()) {
        if (const bundle::Call *call = instruction->action_as_Call())
          deepest = std::max(deepest, layOut(call->callee()));
        if (const bundle::Loop *loop = instruction->action_as_Loop())
          deepest = std::max(deepest, layOut(loop->callee()));
      }
    uint64_t depth = 0;
    overflow_ |= __builtin_add_overflow(plan_.functions[index].size, deepest, &depth);
    depths_[index] = depth;
    return depth;
  }

  bool overflow() const { return overflow_; }
  void add(uint64_t &end, uint64_t size) { overflow_ |= __builtin_add_overflow(end, size, &end); }

private:
  const bundle::Bundle &program_;
  std::span<const int64_t> symbols_;
  MemoryPlan &plan_;
  std::vector<std::optional<uint64_t>> depths_;
  bool overflow_ = false;
};

} // namespace

std::optional<uint64_t> MemoryPlan::regionSize(std::optional<uint64_t> bytes) {
  constexpr uint64_t alignment = 64, slack = 64;
  uint64_t padded = 0;
  if (!bytes || __builtin_add_overflow(*bytes, slack + alignment - 1, &padded))
    return std::nullopt;
  return padded / alignment * alignment;
}

Expected<MemoryPlan> MemoryPlan::ofFunction(const bundle::Bundle &program, uint32_t function,
                                            std::span<const int64_t> symbols) {
  MemoryPlan plan;
  plan.functions.resize(program.functions()->size());
  Planner planner(program, symbols, plan);
  planner.add(plan.total, planner.layOut(function));
  if (planner.overflow())
    return Status::error("rows of this number need more working memory than can be addressed");
  return plan;
}

Expected<MemoryPlan> MemoryPlan::make(const bundle::Bundle &program, const Entry &entry,
                                      std::span<const int64_t> symbols) {
  MemoryPlan plan;
  plan.functions.resize(program.functions()->size());
  Planner planner(program, symbols, plan);
  for (uint32_t i = 0; i < entry.inputCount(); ++i)
    plan.inputs.push_back(planner.placeBuffer(plan.total, *entry.inputs->Get(i)->type()));
  for (uint32_t i = 0; i < entry.outputCount(); ++i)
    plan.outputs.push_back(planner.placeBuffer(plan.total, *entry.outputs->Get(i)->type()));
  plan.frames = plan.total;
  planner.add(plan.total, planner.layOut(entry.function));
  if (planner.overflow())
    return Status::error("inputs of this size need more working memory than can be addressed");
  return plan;
}

} // namespace veomni
