// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One collective over buffers of any strides: what goes to one rank is packed, exchanged and put where it belongs.
#ifndef VEOMNI_RUNTIME_CORE_MOVING_H
#define VEOMNI_RUNTIME_CORE_MOVING_H

#include "core/Boxes.h"
#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Hooks.h"
#include "veomni/runtime/Status.h"

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace veomni {

/// An operand of a collective: what the hooks see of it, and its memory.
struct CollectiveOperand {
  OperandView view;
  void *data;

  int64_t elementBytes() const;
  /// Where its elements lie.
  Box box() const;
};

/// Memory that grows and never shrinks.
inline void reserve(std::vector<std::byte> &memory, int64_t bytes) {
  if (memory.size() < size_t(bytes))
    memory.resize(size_t(bytes));
}

class Moving {
public:
  /// Starts the collective; the first half of `operands` is read, the other written. One that was waited for may start
  /// again.
  void start(const bundle::Collective &collective, std::span<const CollectiveOperand> operands, Communicator &group,
             std::string_view location);
  /// Returns when all memory is free again and what is written is there.
  Status wait();
  /// When data began to move and when all of it had, of one that was waited for.
  std::pair<CommEvent::Time, CommEvent::Time> times() const;
  /// Whether anything moves.
  bool moves() const { return !events_.empty(); }

private:
  void slice(size_t dim, Communicator &group);
  void gather(size_t dim, Communicator &group, std::string_view location);
  void exchange(size_t split, size_t gather, Communicator &group, std::string_view location);
  void reduce(const bundle::Collective &collective, Communicator &group, std::string_view location);
  /// What came in, part by part, belongs into the wholes.
  void unpackLater(size_t dim, int ranks);
  std::span<const CollectiveOperand> sources() const { return std::span(operands_).first(operands_.size() / 2); }
  std::span<const CollectiveOperand> targets() const { return std::span(operands_).subspan(operands_.size() / 2); }

  struct Copy {
    Box from, to;
    int64_t elementBytes;
  };
  std::vector<CollectiveOperand> operands_;
  std::vector<CommEvent> events_;
  std::vector<Copy> arrivals_;             // what is left to do when all has come
  std::vector<std::byte> sent_, received_; // what lies between buffers and the exchange; grows, never shrinks
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_MOVING_H
