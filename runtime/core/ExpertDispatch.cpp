// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a function on the rows of this rank's experts, wherever they come from. How many those are is known only here,
// so that memory for them is laid out here too: a rank takes what its rows need and not what all rows would.
#include "core/Executor.h"
#include "core/Sizes.h"

#include <array>
#include <utility>

namespace veomni {
Status Executor::expertDispatch(const Frame &frame, uint32_t index, const bundle::ExpertDispatch &action) {
  std::vector<OperandView> views;
  for (uint32_t i = 0; i < action.operands()->size(); ++i)
    views.push_back(view(frame, action.operands()->Get(i), i < 2 ? bundle::Access::read : bundle::Access::write));
  const flatbuffers::String *name = resources_.program.functions()->Get(action.callee())->name();
  const InstructionEvent event =
      makeEvent(frame.function, index, bundle::Action::ExpertDispatch, name->string_view(), frame.path, 0);
  const std::string where(event.location.empty() ? event.function : event.location);
  auto execute = [&] {
    Status status = runReceived(frame, action, where);
    return status ? status : Status::error(describe(frame, index) + ": " + status.message());
  };
  return observed() ? observe(event, views, execute) : execute();
}

Status Executor::setCounted(uint32_t symbol, int64_t value) {
  const auto &all = *resources_.program.symbols();
  const bundle::Symbol &counted = *all.Get(symbol);
  if (value < counted.min() || value > counted.max())
    return Status::error("size " + counted.name()->str() + " is " + std::to_string(value) + ", expected " +
                         std::to_string(counted.min()) + " to " + std::to_string(counted.max()));
  symbols_[symbol] = value;
  std::vector<bool> changed(all.size());
  changed[symbol] = true;
  changed = withDerived(resources_.program, std::move(changed));
  for (uint32_t i = symbol + 1; i < all.size(); ++i) {
    if (!changed[i])
      continue;
    const bundle::Symbol &derived = *all.Get(i);
    std::optional<int64_t> size = evaluate(*derived.extent(), symbols_);
    if (!size)
      return Status::error("size " + derived.name()->str() + " overflows or is negative for " + std::to_string(value) +
                           " rows");
    symbols_[i] = *size;
  }
  return Status::ok();
}

Status Executor::runReceived(const Frame &frame, const bundle::ExpertDispatch &action, const std::string &where) {
  const bool computes = resources_.device.computes;
  auto operand = [&](uint32_t i) -> CollectiveOperand {
    const uint32_t value = action.operands()->Get(i);
    return {view(frame, value, i < 2 ? bundle::Access::read : bundle::Access::write), frame.values[value]};
  };
  const CollectiveOperand rows = operand(0), offsets = operand(1), results = operand(2);
  // Kernels may still be writing what is read, or using the memory that is laid out anew.
  if (Status status = resources_.queue.synchronise(); !status)
    return status;
  RowCounts counts;
  if (computes) {
    const auto *first = static_cast<const int32_t *>(offsets.data);
    Expected<RowCounts> counted = resources_.ranks->countRows(
        action.mesh_axis(), {first, size_t(offsets.view.shape[0])}, rows.view.shape[0], where);
    if (!counted)
      return counted.status();
    counts = std::move(*counted);
  }
  // Where nothing is computed, ranks are taken to receive as much as they send, and all alike.
  const auto [ranks, rank] = placeOn(action.mesh_axis());
  const int64_t away = computes ? counts.given(rank) : 2 * (rows.view.shape[0] - rows.view.shape[0] / ranks);
  const auto experts = uint64_t(offsets.view.shape[0] - 1);
  const uint64_t given =
      uint64_t(away) * uint64_t(rowBytesOf(rows.view)) + (experts - experts / uint64_t(ranks)) * sizeof(int32_t);
  countTraffic("expert_dispatch", action.mesh_axis(), given);
  auto moveHalf = [&] { // there, and back
    if (resources_.timeline && ranks > 1)
      resources_.timeline->wait(resources_.timeline->start(action.mesh_axis(), double(given) / 2));
  };
  moveHalf();
  if (Status status = setCounted(action.symbol(), computes ? counts.received() : rows.view.shape[0]); !status)
    return status;

  Expected<MemoryPlan> plan = MemoryPlan::ofFunction(resources_.program, action.callee(), symbols_);
  if (!plan)
    return plan.status();
  const auto &arguments = *resources_.program.functions()->Get(action.callee())->arguments();
  std::array<uint64_t, 3> places{};
  uint64_t end = 0;
  for (uint32_t i = 0; i < places.size(); ++i) {
    places[i] = end;
    std::optional<uint64_t> size = MemoryPlan::regionSize(byteSize(*arguments.Get(i)->type(), symbols_));
    if (!size || __builtin_add_overflow(end, *size, &end))
      return Status::error("received rows need more memory than can be addressed");
  }
  uint64_t total = 0;
  if (__builtin_add_overflow(end, plan->total, &total))
    return Status::error("received rows need more memory than can be addressed");
  if (Status status = resources_.received->reserve(total); !status)
    return status;
  std::byte *const memory = resources_.received->data();
  std::array<void *, 3> addresses{};
  std::array<CollectiveOperand, 3> buffers{};
  for (uint32_t i = 0; i < places.size(); ++i) {
    const bundle::BufferType &type = *arguments.Get(i)->type();
    addresses[i] = memory + places[i];
    buffers[i] = {{type.dtype(), type.layout(), arguments.Get(i)->access(), type.row_rank(),
                   isDense(type) ? 0 : type.row_stride(), shapeOf(type, symbols_), nullptr},
                  addresses[i]};
  }

  if (computes) {
    Ranks::numberRows(counts, buffers[1]);
    if (Status status =
            resources_.ranks->moveRows(action.mesh_axis(), counts.sends, rows, counts.receives, buffers[0], where);
        !status)
      return status;
  }
  const MemoryPlan *outside = std::exchange(plan_, &*plan);
  Status status = call(action.callee(), memory + end, frame.paramBase + action.param_base(), addresses, frame.path);
  plan_ = outside;
  if (status)
    status = resources_.queue.synchronise();
  if (!status)
    return status;
  moveHalf();
  if (!computes)
    return status;
  return resources_.ranks->moveRows(action.mesh_axis(), counts.receives, buffers[2], counts.sends, results, where);
}

} // namespace veomni
