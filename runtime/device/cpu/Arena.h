// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One growing block of working memory, kept between runs so that a program touches the allocator once.
#ifndef VEOMNI_RUNTIME_DEVICE_CPU_ARENA_H
#define VEOMNI_RUNTIME_DEVICE_CPU_ARENA_H

#include "veomni/runtime/Status.h"

#include <cstddef>
#include <cstdint>

namespace veomni::cpu {

class Arena {
public:
  Arena() = default;
  Arena(Arena &&other) noexcept;
  Arena &operator=(Arena &&other) noexcept;
  ~Arena();

  /// Makes at least `size` bytes available; contents are lost when the block grows. Fails, without touching what is
  /// there, when the machine does not have the memory.
  Status reserve(uint64_t size);
  std::byte *data() const { return data_; }
  uint64_t size() const { return size_; }

private:
  void release();

  std::byte *data_ = nullptr;
  uint64_t size_ = 0;
};

/// Bytes that the kernel believes can be given out without swapping; the largest number when it does not say.
uint64_t availableMemory();

} // namespace veomni::cpu

#endif // VEOMNI_RUNTIME_DEVICE_CPU_ARENA_H
