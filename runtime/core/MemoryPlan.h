// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where everything of one run lies in the arena: inputs, outputs, then the frames of functions, a callee's after its caller's. Frames
// are as deep as the deepest chain of calls, not as long as the list of calls.
#ifndef VEOMNI_RUNTIME_CORE_MEMORYPLAN_H
#define VEOMNI_RUNTIME_CORE_MEMORYPLAN_H

#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <span>
#include <vector>

namespace veomni {

struct MemoryPlan {
  struct Frame {
    std::vector<uint64_t> slots; // offsets in the frame
    uint64_t size = 0;
  };
  std::vector<uint64_t> inputs, outputs; // offsets in the arena
  std::vector<Frame> functions;
  uint64_t frames = 0; // where the entry's frame begins
  uint64_t total = 0;

  /// The plan for these sizes; fails when they overflow.
  static Expected<MemoryPlan> make(const bundle::Bundle &program, std::span<const int64_t> symbols);
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_MEMORYPLAN_H
