// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
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

  /// The offset of a new region behind `end`. Vectors may read up to 64 bytes past a row's end, so each region is followed by that much.
  uint64_t place(uint64_t &end, std::optional<uint64_t> size) {
    constexpr uint64_t alignment = 64, slack = 64;
    uint64_t offset = end, padded = 0;
    overflow_ |= !size || __builtin_add_overflow(*size, slack + alignment - 1, &padded) ||
                 __builtin_add_overflow(end, padded / alignment * alignment, &end);
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

Expected<MemoryPlan> MemoryPlan::make(const bundle::Bundle &program, std::span<const int64_t> symbols) {
  MemoryPlan plan;
  plan.functions.resize(program.functions()->size());
  Planner planner(program, symbols, plan);
  if (program.inputs())
    for (const bundle::Input *input : *program.inputs())
      plan.inputs.push_back(planner.placeBuffer(plan.total, *input->type()));
  if (program.outputs())
    for (const bundle::Output *output : *program.outputs())
      plan.outputs.push_back(planner.placeBuffer(plan.total, *output->type()));
  plan.frames = plan.total;
  planner.add(plan.total, planner.layOut(program.entry()));
  if (planner.overflow())
    return Status::error("inputs of this size need more working memory than can be addressed");
  return plan;
}

} // namespace veomni
