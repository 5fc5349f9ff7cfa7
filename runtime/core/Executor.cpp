// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs the instructions of a program.
#include "core/Executor.h"

#include "core/Sizes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <type_traits>

namespace veomni {
namespace {

uint64_t bytesOf(std::span<const OperandBytes> operands) {
  uint64_t bytes = 0;
  for (const OperandBytes &operand : operands)
    bytes += operand.bytes;
  return bytes;
}

template <typename T> uint32_t sizeOf(const flatbuffers::Vector<T> *vector) { return vector ? vector->size() : 0; }

} // namespace

InstructionEvent Executor::makeEvent(const bundle::Function &function, uint32_t index, bundle::Action kind,
                                     std::string_view name, std::string_view path, int64_t workgroups) {
  const flatbuffers::String *location = function.instructions()->Get(index)->location();
  return {kind,       function.name()->string_view(),
          index,      name,
          path,       location ? location->string_view() : std::string_view(),
          workgroups, {}};
}

Status Executor::run(std::span<void *const> arguments) {
  Status status = call(resources_.entry.function, resources_.check ? nullptr : arena_ + plan_->frames,
                       resources_.entry.paramBase, arguments, "");
  if (!status && !moving_.empty()) {
    // Other ranks may be reading memory of this run. They cannot go on without this rank, so all end here.
    resources_.ranks->abort(status.message());
    for (auto &[index, moving] : moving_)
      (void)resources_.ranks->finish(std::move(moving));
    moving_.clear();
  }
  return status;
}

std::string Executor::describe(const Frame &frame, uint32_t index) const {
  return "function \"" + frame.function.name()->str() + "\", instruction " + std::to_string(index);
}

Status Executor::call(uint32_t index, std::byte *memory, uint64_t paramBase, std::span<void *const> arguments,
                      std::string_view path) {
  const bundle::Function &function = *resources_.program.functions()->Get(index);
  const MemoryPlan::Frame &layout = plan_->functions[index];
  Frame frame{function, paramBase, path, {}};
  frame.values.reserve(sizeOf(function.values()));
  for (uint32_t i = 0; i < sizeOf(function.values()); ++i) {
    const bundle::Value &value = *function.values()->Get(i);
    switch (value.storage()) {
    case bundle::Storage::argument:
      frame.values.push_back(arguments[value.index()]);
      break;
    case bundle::Storage::slot:
      frame.values.push_back(resources_.check ? nullptr : memory + layout.slots[value.index()]);
      break;
    case bundle::Storage::param:
      // Kernels take all addresses alike; the verifier has seen that no param is written.
      frame.values.push_back(const_cast<void *>(resources_.weights[paramBase + value.index()]));
      break;
    case bundle::Storage::view:
      frame.values.push_back(frame.values[value.index()]);
      break;
    case bundle::Storage::state:
      frame.values.push_back(resources_.states[value.index()]);
      break;
    }
  }
  if (!resources_.check)
    return runInstructions(frame, memory + layout.size);
  Status status = allocateSlots(frame);
  if (status)
    status = runInstructions(frame, nullptr);
  for (MemoryCheck::Region *region : frame.regions)
    resources_.check->release(region);
  return status;
}

Status Executor::allocateSlots(Frame &frame) {
  for (uint32_t i = 0; i < sizeOf(frame.function.values()); ++i) {
    const bundle::Value &value = *frame.function.values()->Get(i);
    if (value.storage() == bundle::Storage::view)
      frame.values[i] = frame.values[value.index()];
    if (value.storage() != bundle::Storage::slot)
      continue;
    std::string name =
        "slot " + std::to_string(value.index()) + " of function \"" + frame.function.name()->str() + "\"";
    Expected<MemoryCheck::Region *> region = resources_.check->allocate(
        std::move(name), byteSize(*value.type(), symbols_).value_or(0), MemoryCheck::activationSlack, nullptr);
    if (!region)
      return region.status();
    frame.regions.push_back(*region);
    frame.values[i] = (*region)->data;
  }
  return Status::ok();
}

Status Executor::runInstructions(const Frame &frame, std::byte *nextFrame) {
  const bundle::Function &function = frame.function;
  for (uint32_t i = 0; i < sizeOf(function.instructions()); ++i) {
    if (resources_.cancel && resources_.cancel->isCancelled())
      return Status::error("cancelled");
    const bundle::Instruction &instruction = *function.instructions()->Get(i);
    Status status = Status::ok();
    if (const bundle::Dispatch *action = instruction.action_as_Dispatch())
      status = dispatch(frame, i, *action);
    else if (const bundle::LibraryCall *action = instruction.action_as_LibraryCall())
      status = callLibrary(frame, i, *action);
    else if (const bundle::Collective *action = instruction.action_as_Collective())
      status = collective(frame, i, *action);
    else if (const bundle::Wait *action = instruction.action_as_Wait())
      status = wait(frame, i, *action);
    else if (const bundle::Call *action = instruction.action_as_Call())
      status = callAt(frame, nextFrame, i, *action);
    else if (const bundle::Loop *action = instruction.action_as_Loop())
      status = loop(frame, nextFrame, i, *action);
    else if (const bundle::ExpertDispatch *action = instruction.action_as_ExpertDispatch())
      status = expertDispatch(frame, i, *action);
    if (!status)
      return status;
  }
  return Status::ok();
}

Status Executor::dispatch(const Frame &frame, uint32_t index, const bundle::Dispatch &dispatch) {
  const bundle::Kernel &kernel = *resources_.program.kernels()->Get(dispatch.kernel());
  DispatchCall call{resources_.kernels.handles()[dispatch.kernel()], {1, 1, 1}, 1, nullptr, nullptr};
  bool overflow = false;
  for (uint32_t i = 0; i < sizeOf(dispatch.workgroups()); ++i) {
    std::optional<int64_t> extent = evaluate(*dispatch.workgroups()->Get(i), symbols_);
    call.grid[i] = extent.value_or(0);
    overflow |= !extent;
  }
  for (int64_t extent : call.grid)
    overflow |= __builtin_mul_overflow(call.workgroups, extent, &call.workgroups);
  overflow |= !evaluateScalars(dispatch.scalars());
  // Threads that count workgroups count past the end by one each.
  if (overflow || call.workgroups > std::numeric_limits<int64_t>::max() / 2)
    return Status::error(describe(frame, index) + " (dispatch of \"" + kernel.name()->str() +
                         "\"): workgroups or scalars overflow or are negative");

  if (Status status = checkWorkgroups(frame, index, dispatch, call.workgroups); !status)
    return status;

  auto access = [&](uint32_t i) { return kernel.operands()->Get(i)->access(); };
  takeOperands(frame, dispatch.operands(), access);
  call.operands = operands_.data();
  call.scalars = scalars_.data();
  call.bytes = bytes_;
  if (!resources_.device.computes) {
    call.flops = flopsOf(kernel);
    if (resources_.timeline)
      resources_.timeline->dispatch(dispatch.kernel(), call.flops, double(bytesOf(bytes_)));
  }
  auto execute = [&] {
    if (!resources_.check)
      return resources_.queue.dispatch(call);
    return runChecked("kernel \"" + kernel.name()->str() + "\" (" + describe(frame, index) + ")", access,
                      [&] { return resources_.queue.dispatch(call); });
  };
  if (!observed())
    return execute();
  std::vector<OperandView> views;
  for (uint32_t i = 0; i < sizeOf(dispatch.operands()); ++i)
    views.push_back(view(frame, dispatch.operands()->Get(i), access(i)));
  return observe(makeEvent(frame.function, index, bundle::Action::Dispatch, kernel.name()->string_view(), frame.path,
                           call.workgroups),
                 views, execute);
}

double Executor::flopsOf(const bundle::Kernel &kernel) const {
  std::optional<int64_t> least;
  for (uint32_t i = 0; i < sizeOf(kernel.flops()); ++i)
    if (std::optional<int64_t> flops = evaluate(*kernel.flops()->Get(i), symbols_);
        flops && (!least || *flops < *least))
      least = flops;
  return double(least.value_or(0));
}

/// False where one of them overflows or is negative.
bool Executor::evaluateScalars(const flatbuffers::Vector<flatbuffers::Offset<bundle::Extent>> *scalars) {
  scalars_.clear();
  bool good = true;
  for (uint32_t i = 0; i < sizeOf(scalars); ++i) {
    std::optional<int64_t> scalar = evaluate(*scalars->Get(i), symbols_);
    scalars_.push_back(scalar.value_or(0));
    good &= scalar.has_value();
  }
  return good;
}

template <typename Access>
void Executor::takeOperands(const Frame &frame, const flatbuffers::Vector<uint32_t> *operands, Access access) {
  operands_.clear();
  bytes_.clear();
  for (uint32_t i = 0; i < sizeOf(operands); ++i)
    operands_.push_back(frame.values[operands->Get(i)]);
  if (resources_.device.computes)
    return;
  for (uint32_t i = 0; i < sizeOf(operands); ++i) {
    const bundle::BufferType &type = *frame.function.values()->Get(operands->Get(i))->type();
    bytes_.push_back({byteSize(type, symbols_).value_or(0), access(i)});
  }
}

template <typename Access, typename Run> Status Executor::runChecked(const std::string &where, Access access, Run run) {
  std::vector<MemoryCheck::Operand> checked;
  for (size_t i = 0; i < operands_.size(); ++i)
    checked.push_back({operands_[i], access(uint32_t(i)) != bundle::Access::read});
  Status ran = Status::ok();
  Status status = resources_.check->dispatch(where, checked, [&] { ran = run(); });
  return ran ? status : ran;
}

/// Every workgroup writes something, and what a kernel writes is written by some workgroup. That bounds both ends of
/// what a damaged or hostile program could ask for.
Status Executor::checkWorkgroups(const Frame &frame, uint32_t index, const bundle::Dispatch &dispatch,
                                 int64_t workgroups) const {
  const bundle::Kernel &kernel = *resources_.program.kernels()->Get(dispatch.kernel());
  uint64_t written = 0; // elements; sizes of memory have been found not to overflow
  for (uint32_t i = 0; i < sizeOf(dispatch.operands()); ++i) {
    if (kernel.operands()->Get(i)->access() == bundle::Access::read)
      continue;
    const bundle::BufferType &type = *frame.function.values()->Get(dispatch.operands()->Get(i))->type();
    written += byteSize(type, symbols_).value_or(0) / elementSize(type.dtype());
  }
  if (workgroups > 0 ? uint64_t(workgroups) <= std::max<uint64_t>(written, 1) : written == 0)
    return Status::ok();
  return Status::error(describe(frame, index) + " (dispatch of \"" + kernel.name()->str() +
                       "\"): " + std::to_string(workgroups) + " workgroups, expected " +
                       (written ? "1 to " + std::to_string(written) + ", as it writes so many elements" : "at most 1"));
}

Status Executor::callLibrary(const Frame &frame, uint32_t index, const bundle::LibraryCall &action) {
  const std::string where = describe(frame, index) + " (library call of \"" + action.name()->str() + "\")";
  if (!evaluateScalars(action.scalars()))
    return Status::error(where + ": scalars overflow or are negative");
  auto access = [&](uint32_t i) { return bundle::Access(action.accesses()->Get(i)); };
  takeOperands(frame, action.operands(), access);
  std::vector<LibraryOperand> operands;
  std::vector<OperandView> views;
  for (uint32_t i = 0; i < sizeOf(action.operands()); ++i) {
    views.push_back(view(frame, action.operands()->Get(i), access(i)));
    operands.push_back({views.back(), operands_[i]});
  }
  const LoadedKernels::Library &library = resources_.kernels.library(action);
  const LibraryCall call{library.attributes, operands, scalars_, bytes_};
  auto run = [&] {
    Status status = resources_.queue.libraryCall(library.function, call);
    return status ? status : Status::error(where + ": " + status.message());
  };
  auto execute = [&] { return resources_.check ? runChecked(where, access, run) : run(); };
  if (!observed())
    return execute();
  return observe(
      makeEvent(frame.function, index, bundle::Action::LibraryCall, action.name()->string_view(), frame.path, 0), views,
      execute);
}

std::pair<int, int> Executor::placeOn(uint32_t axis) const {
  return {int(resources_.program.mesh()->Get(axis)->size()),
          resources_.ranks ? resources_.ranks->coordinates()[axis] : 0};
}

void Executor::countTraffic(std::string_view what, uint32_t axis, uint64_t bytes) {
  const std::string name = std::string(what) + " over " + resources_.program.mesh()->Get(axis)->name()->str();
  auto known = std::ranges::find(*resources_.traffic, name, &CollectiveCounts::name);
  CollectiveCounts &counts = known == resources_.traffic->end() ? resources_.traffic->emplace_back(name) : *known;
  ++counts.calls;
  counts.bytes += bytes;
}

Status Executor::collective(const Frame &frame, uint32_t index, const bundle::Collective &action) {
  const uint32_t count = sizeOf(action.operands()), half = count / 2;
  std::vector<CollectiveOperand> operands;
  std::vector<OperandView> views;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t value = action.operands()->Get(i);
    views.push_back(view(frame, value, i < half ? bundle::Access::read : bundle::Access::write));
    const recipe::Tile tile = recipe::tileOf(*frame.function.values()->Get(value)->type());
    operands.push_back({asItLies(views.back(), tile), frame.values[value]});
  }
  const InstructionEvent event = makeEvent(frame.function, index, bundle::Action::Collective,
                                           bundle::EnumNameCollectiveKind(action.kind()), frame.path, 0);
  const auto [ranks, rank] = placeOn(action.mesh_axis());
  const uint64_t given = bytesGiven(action, std::span(operands).first(half), ranks, rank);
  countTraffic(event.name, action.mesh_axis(), given);
  auto execute = [&] {
    if (!resources_.device.computes) {
      if (resources_.timeline && ranks > 1 && action.kind() != bundle::CollectiveKind::all_slice) {
        const double end = resources_.timeline->start(action.mesh_axis(), double(given));
        if (action.starts())
          ends_.emplace_back(index, end);
        else
          resources_.timeline->wait(end);
      }
      return Status::ok();
    }
    // Kernels may still be writing what is read, or reading what is written.
    if (Status status = resources_.queue.synchronise(); !status)
      return status;
    const std::string_view where = event.location.empty() ? event.function : event.location;
    std::unique_ptr<Moving> moving = resources_.ranks->start(action, operands, where);
    if (!action.starts())
      return finish(frame, index, std::move(moving));
    moving_.emplace_back(index, std::move(moving));
    return Status::ok();
  };
  return observed() ? observe(event, views, execute) : execute();
}

Status Executor::finish(const Frame &frame, uint32_t index, std::unique_ptr<Moving> moving) {
  const Moving &moved = *moving; // stays as it is until another starts
  if (Status status = resources_.ranks->finish(std::move(moving)); !status)
    return Status::error(describe(frame, index) + ": " + status.message());
  if (!resources_.hooks || !resources_.hooks->moved || !moved.moves())
    return Status::ok();
  const bundle::Collective &action = *frame.function.instructions()->Get(index)->action_as_Collective();
  const InstructionEvent event = makeEvent(frame.function, index, bundle::Action::Collective,
                                           bundle::EnumNameCollectiveKind(action.kind()), frame.path, 0);
  const auto [begin, end] = moved.times();
  resources_.hooks->moved({event.name, resources_.program.mesh()->Get(action.mesh_axis())->name()->string_view(),
                           event.path, event.location, begin, end});
  return Status::ok();
}

Status Executor::wait(const Frame &frame, uint32_t index, const bundle::Wait &action) {
  // What this frame started, and no other: those that called it may wait for instructions of the same numbers.
  auto take = [&](auto &started) {
    auto last = std::find_if(started.rbegin(), started.rend(),
                             [&](const auto &each) { return each.first == action.collective(); });
    std::decay_t<decltype(last->second)> taken{};
    if (last != started.rend()) {
      taken = std::move(last->second);
      started.erase(std::next(last).base());
    }
    return taken;
  };
  auto execute = [&] {
    if (resources_.timeline)
      resources_.timeline->wait(take(ends_));
    std::unique_ptr<Moving> moving = take(moving_);
    return moving ? finish(frame, action.collective(), std::move(moving)) : Status::ok();
  };
  if (!observed())
    return execute();
  const auto *collective = frame.function.instructions()->Get(action.collective())->action_as_Collective();
  return observe(makeEvent(frame.function, index, bundle::Action::Wait,
                           bundle::EnumNameCollectiveKind(collective->kind()), frame.path, 0),
                 {}, execute);
}

Status Executor::callAt(const Frame &frame, std::byte *nextFrame, uint32_t index, const bundle::Call &action) {
  std::vector<void *> operands = addressesOf(frame, action.operands());
  auto execute = [&](std::string_view path) {
    return call(action.callee(), nextFrame, frame.paramBase + action.param_base(), operands, path);
  };
  if (!observed())
    return execute("");
  std::string path(frame.path);
  if (action.path() && action.path()->size())
    path += (path.empty() ? "" : ".") + action.path()->str();
  const flatbuffers::String *name = resources_.program.functions()->Get(action.callee())->name();
  return observe(makeEvent(frame.function, index, bundle::Action::Call, name->string_view(), path, 0),
                 callViews(frame, action.callee(), action.operands()), [&] { return execute(path); });
}

Status Executor::loop(const Frame &frame, std::byte *nextFrame, uint32_t index, const bundle::Loop &action) {
  std::vector<void *> operands = addressesOf(frame, action.operands());
  auto execute = [&] {
    int64_t count = evaluate(*action.count(), symbols_);
    for (int64_t i = 0; i < count; ++i) {
      symbols_[action.symbol()] = i;
      uint64_t paramBase = frame.paramBase + action.param_base() + uint64_t(i) * action.param_stride();
      if (Status status = call(action.callee(), nextFrame, paramBase, operands, frame.path); !status)
        return status;
    }
    return Status::ok();
  };
  if (!observed())
    return execute();
  const flatbuffers::String *name = resources_.program.functions()->Get(action.callee())->name();
  return observe(makeEvent(frame.function, index, bundle::Action::Loop, name->string_view(), frame.path, 0),
                 callViews(frame, action.callee(), action.operands()), execute);
}

std::vector<void *> Executor::addressesOf(const Frame &frame, const flatbuffers::Vector<uint32_t> *operands) const {
  std::vector<void *> addresses;
  addresses.reserve(sizeOf(operands));
  for (uint32_t i = 0; i < sizeOf(operands); ++i)
    addresses.push_back(frame.values[operands->Get(i)]);
  return addresses;
}

OperandView Executor::view(const Frame &frame, uint32_t value, bundle::Access access) const {
  const bundle::BufferType &type = *frame.function.values()->Get(value)->type();
  return {type.dtype(),
          type.layout(),
          access,
          type.row_rank(),
          isDense(type) ? 0 : type.row_stride(),
          shapeOf(type, symbols_),
          resources_.device.addressesHost ? frame.values[value] : nullptr};
}

std::vector<OperandView> Executor::callViews(const Frame &frame, uint32_t callee,
                                             const flatbuffers::Vector<uint32_t> *operands) const {
  const bundle::Function &function = *resources_.program.functions()->Get(callee);
  std::vector<OperandView> views;
  for (uint32_t i = 0; i < sizeOf(operands); ++i)
    views.push_back(view(frame, operands->Get(i), function.arguments()->Get(i)->access()));
  return views;
}

} // namespace veomni
