// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What can be observed of a run: every instruction, before and after, with the memory it works on.
#ifndef VEOMNI_RUNTIME_HOOKS_H
#define VEOMNI_RUNTIME_HOOKS_H

#include "veomni/schema/bundle_generated.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace veomni {

/// An operand as the instruction sees it. Rows (the last `rowRank` dims) start every `rowStride` elements; 0 stands for
/// no gaps.
struct OperandView {
  bundle::DType dtype;
  bundle::Layout layout;
  bundle::Access access;
  uint32_t rowRank;
  int64_t rowStride;
  std::vector<int64_t> shape;
  const void *data; ///< null on a device whose memory this process cannot read
};

struct InstructionEvent {
  bundle::Action kind;
  std::string_view function; ///< that holds the instruction
  uint32_t index;            ///< in the function
  std::string_view name;     ///< kernel or callee
  std::string_view path;     ///< module path: of the function for a dispatch or loop, of the callee for a call
  std::string_view location;
  int64_t workgroups; ///< of a dispatch, else 0
  std::span<const OperandView> operands;
};

/// Data that moved between ranks, on a thread beside the one that walks the instructions.
struct MovedEvent {
  std::string_view name; ///< of the collective
  std::string_view axis; ///< of the mesh
  std::string_view path, location;
  std::chrono::steady_clock::time_point begin, end;
};

/// Called on the thread that walks the instructions, never concurrently. Each may be empty.
struct InstructionHooks {
  std::function<void(const InstructionEvent &)> before, after;
  std::function<void(const MovedEvent &)> moved; ///< once a collective is done
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_HOOKS_H
