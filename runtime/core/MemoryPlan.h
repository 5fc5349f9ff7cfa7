// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where everything of one run lies in the arena: inputs, outputs, then the frames of functions, a callee's after its
// caller's. Frames are as deep as the deepest chain of calls, not as long as the list of calls. What runs on rows that
// are counted at run time has a plan of its own.
#ifndef VEOMNI_RUNTIME_CORE_MEMORYPLAN_H
#define VEOMNI_RUNTIME_CORE_MEMORYPLAN_H

#include "core/Entries.h"
#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace veomni {

struct MemoryPlan {
  struct Frame {
    std::vector<uint64_t> slots; // offsets in the frame
    uint64_t size = 0;
  };
  std::vector<uint64_t> inputs, outputs; // offsets in the arena
  std::vector<Frame> functions;          // those that the entry reaches; others are empty
  uint64_t frames = 0;                   // where the entry's frame begins
  uint64_t total = 0;

  /// Bytes from the start of one buffer to that of the next: vectors may read up to 64 bytes past a buffer's end.
  /// Nothing on overflow.
  static std::optional<uint64_t> regionSize(std::optional<uint64_t> bytes);

  /// The plan of a function alone, with all that it calls, for these sizes; fails when they overflow.
  static Expected<MemoryPlan> ofFunction(const bundle::Bundle &program, uint32_t function,
                                         std::span<const int64_t> symbols);
  /// The plan of an entry for these sizes; fails when they overflow. What dispatches to experts run is not in it, since
  /// its sizes are known only then.
  static Expected<MemoryPlan> make(const bundle::Bundle &program, const Entry &entry, std::span<const int64_t> symbols);
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_MEMORYPLAN_H
