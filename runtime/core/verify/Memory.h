// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the checks of a function's instructions share.
#ifndef VEOMNI_RUNTIME_CORE_VERIFY_MEMORY_H
#define VEOMNI_RUNTIME_CORE_VERIFY_MEMORY_H

#include "core/verify/Verifier.h"

#include <string>
#include <utility>
#include <vector>

namespace veomni::verify {

/// What each piece of memory of a function holds at a point of its (straight) instruction list.
struct Verifier::Memory {
  static constexpr int64_t nothing = -1;
  std::vector<uint32_t> rootOf;       // of each value: itself, or the value that it views
  std::vector<int64_t> slotHolds;     // the root value written last
  std::vector<bool> argumentHasValue; // read-only arguments from the start, others once written
  /// Collectives that were started and not waited for: the instruction, and what it does.
  std::vector<std::pair<uint32_t, const bundle::Collective *>> moving;
};

struct Verifier::Use {
  uint32_t value;
  bundle::Access access;
  std::string name; // "operand 2"
};

} // namespace veomni::verify

#endif // VEOMNI_RUNTIME_CORE_VERIFY_MEMORY_H
