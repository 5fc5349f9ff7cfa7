// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds kernels that touch memory which is not theirs. Every buffer of a run lies in a mapping of its own between
// inaccessible pages, and is accessible only to dispatches that name it: reading what a dispatch may only write is
// allowed, writing what it may only read is not. An access elsewhere ends the process with a report that names kernel,
// operand and distance. See docs/bundle-format.md, "Checking memory".
#ifndef VEOMNI_RUNTIME_CORE_MEMORYCHECK_H
#define VEOMNI_RUNTIME_CORE_MEMORYCHECK_H

#include "veomni/runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace veomni {

class MemoryCheck {
public:
  /// At which end of its pages a buffer lies: there not a single byte beyond it is accessible.
  enum class Placement { end, start };
  enum class Access { read, write };

  /// Bytes past the end of an activation that vector code may read. Weights have none.
  static constexpr uint64_t activationSlack = 64;

  struct Region {
    std::string name;
    std::byte *mapping, *pages, *data; ///< guards included; the accessible pages; the buffer
    uint64_t mappingSize, pagesSize, size, slack;
  };
  struct Operand {
    const void *data;
    bool written;
  };

  /// One check of the process runs at a time, since the report of a fault is the process's. Hold this while a
  /// `MemoryCheck` lives.
  static std::unique_lock<std::mutex> takeTurn();

  /// `fill`: the bytes of all memory that nothing has written yet.
  MemoryCheck(Placement placement, std::byte fill);
  ~MemoryCheck();
  MemoryCheck(const MemoryCheck &) = delete;
  MemoryCheck &operator=(const MemoryCheck &) = delete;

  /// A buffer of `size` bytes; holds what `contents` holds, if that is given. It is closed.
  Expected<Region *> allocate(std::string name, uint64_t size, uint64_t slack, const void *contents);
  void release(Region *region);

  void open(const Region &region, Access access);
  void close(const Region &region);

  /// Runs a dispatch with nothing but its operands open, then looks whether bytes around them have changed. `where` is
  /// for messages.
  Status dispatch(const std::string &where, std::span<const Operand> operands, const std::function<void()> &execute);

private:
  bool surroundingsAreIntact(const Region &region) const;

  const Placement placement_;
  const std::byte fill_;
  std::map<const void *, std::unique_ptr<Region>> regions_; // by where their data begins
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_MEMORYCHECK_H
