// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks the instructions of a checked program once.
#ifndef VEOMNI_RUNTIME_CORE_EXECUTOR_H
#define VEOMNI_RUNTIME_CORE_EXECUTOR_H

#include "core/DeviceArena.h"
#include "core/Kernels.h"
#include "core/MemoryCheck.h"
#include "core/MemoryPlan.h"
#include "core/Ranks.h"
#include "core/Timeline.h"
#include "veomni/runtime/Device.h"
#include "veomni/runtime/Session.h"
#include "veomni/runtime/Status.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace veomni {

class Executor {
public:
  struct Resources {
    const bundle::Bundle &program;
    const Entry &entry;
    const LoadedKernels &kernels;
    std::span<const void *const> weights; // one a weight
    std::span<std::byte *const> states;   // one a state
    DeviceTraits device;
    DeviceQueue &queue;
    const InstructionHooks *hooks; // may be null, like the others
    const CancelToken *cancel;
    MemoryCheck *check;
    Ranks *ranks;                           // null where the program has none
    DeviceArena *received;                  // memory for what dispatches to experts run; grows to what they need
    std::vector<CollectiveCounts> *traffic; // of what moves data between ranks
    Timeline *timeline = nullptr;           // on a device that only counts; may be null
  };

  /// Frames of functions lie in `arena` as `plan` says, unless memory is checked: then each value of a slot has memory
  /// of its own.
  Executor(const Resources &resources, const MemoryPlan &plan, std::byte *arena, std::vector<int64_t> symbols)
      : resources_(resources), plan_(&plan), arena_(arena), symbols_(std::move(symbols)) {}

  /// Runs the entry's function over its inputs and outputs. From within `DeviceQueue::run`. After an error nothing
  /// moves between ranks any more.
  Status run(std::span<void *const> arguments);

private:
  struct Frame {
    const bundle::Function &function;
    uint64_t paramBase;
    std::string_view path;
    std::vector<void *> values;                      // the address of each
    std::vector<MemoryCheck::Region *> regions = {}; // of slots, where memory is checked
  };

  /// Memory of its own for every value of a slot; in its place in the frame's values.
  Status allocateSlots(Frame &frame);
  Status runInstructions(const Frame &frame, std::byte *nextFrame);
  Status checkWorkgroups(const Frame &frame, uint32_t index, const bundle::Dispatch &dispatch,
                         int64_t workgroups) const;
  /// `memory`: where the function's frame begins.
  Status call(uint32_t function, std::byte *memory, uint64_t paramBase, std::span<void *const> arguments,
              std::string_view path);
  Status dispatch(const Frame &frame, uint32_t index, const bundle::Dispatch &dispatch);
  /// Of a dispatch; 0 where the kernel does not say.
  double flopsOf(const bundle::Kernel &kernel) const;
  bool evaluateScalars(const flatbuffers::Vector<flatbuffers::Offset<bundle::Extent>> *scalars);
  /// `access(i)`: what is done with operand i.
  template <typename Access>
  void takeOperands(const Frame &frame, const flatbuffers::Vector<uint32_t> *operands, Access access);
  template <typename Access, typename Run> Status runChecked(const std::string &where, Access access, Run run);
  Status callLibrary(const Frame &frame, uint32_t index, const bundle::LibraryCall &action);
  Status collective(const Frame &frame, uint32_t index, const bundle::Collective &action);
  Status wait(const Frame &frame, uint32_t index, const bundle::Wait &action);
  /// Returns when a collective is done; `index` is the instruction that began it.
  Status finish(const Frame &frame, uint32_t index, std::unique_ptr<Moving> moving);
  Status callAt(const Frame &frame, std::byte *nextFrame, uint32_t index, const bundle::Call &call);
  Status loop(const Frame &frame, std::byte *nextFrame, uint32_t index, const bundle::Loop &loop);
  // ExpertDispatch.cpp
  Status expertDispatch(const Frame &frame, uint32_t index, const bundle::ExpertDispatch &action);
  Status runReceived(const Frame &frame, const bundle::ExpertDispatch &action, const std::string &where);
  /// Gives a symbol its value, and all that is derived from it theirs.
  Status setCounted(uint32_t symbol, int64_t value);

  /// Counts what an instruction gave to other ranks along an axis of the mesh.
  void countTraffic(std::string_view what, uint32_t axis, uint64_t bytes);
  /// How many ranks there are along an axis, and this one's place; of a device that only counts, the first.
  std::pair<int, int> placeOn(uint32_t axis) const;
  /// What hooks are told of an instruction.
  static InstructionEvent makeEvent(const bundle::Function &function, uint32_t index, bundle::Action kind,
                                    std::string_view name, std::string_view path, int64_t workgroups);
  std::vector<void *> addressesOf(const Frame &frame, const flatbuffers::Vector<uint32_t> *operands) const;
  std::string describe(const Frame &frame, uint32_t index) const;
  template <typename Run> Status observe(InstructionEvent event, const std::vector<OperandView> &views, Run run) {
    event.operands = views;
    if (resources_.hooks->before)
      resources_.hooks->before(event);
    Status status = run();
    if (status && resources_.hooks->after)
      resources_.hooks->after(event);
    return status;
  }
  OperandView view(const Frame &frame, uint32_t value, bundle::Access access) const;
  std::vector<OperandView> callViews(const Frame &frame, uint32_t callee,
                                     const flatbuffers::Vector<uint32_t> *operands) const;
  bool observed() const { return resources_.hooks && (resources_.hooks->before || resources_.hooks->after); }

  const Resources &resources_;
  const MemoryPlan *plan_; // of the frames in memory that is in use now
  std::byte *arena_;
  std::vector<int64_t> symbols_;
  std::vector<std::pair<uint32_t, std::unique_ptr<Moving>>> moving_; // started: the instruction, innermost frames last
  std::vector<std::pair<uint32_t, double>> ends_; // of `timeline`: likewise, and when it will be done
  // Of the instruction that runs now, kept so that a dispatch asks for no memory.
  std::vector<void *> operands_;
  std::vector<int64_t> scalars_;
  std::vector<OperandBytes> bytes_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_EXECUTOR_H
