// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One growing block of a device's memory, kept between runs so that a program touches the allocator once.
#ifndef VEOMNI_RUNTIME_CORE_DEVICEARENA_H
#define VEOMNI_RUNTIME_CORE_DEVICEARENA_H

#include "veomni/runtime/Device.h"

namespace veomni {

class DeviceArena {
public:
  explicit DeviceArena(Device &device) : device_(device) {}
  ~DeviceArena() { release(); }
  DeviceArena(const DeviceArena &) = delete;
  DeviceArena &operator=(const DeviceArena &) = delete;

  /// Makes at least `size` bytes available, zeros where the block is new. What was in a smaller block is lost, also
  /// where there is not enough memory for a larger one: both together need not fit.
  Status reserve(uint64_t size) {
    if (size <= size_)
      return Status::ok();
    release();
    Expected<std::byte *> memory = device_.allocate(size);
    if (!memory)
      return memory.status();
    data_ = *memory;
    size_ = size;
    return Status::ok();
  }
  std::byte *data() const { return data_; }
  uint64_t size() const { return size_; }

private:
  void release() {
    device_.free(data_, size_);
    data_ = nullptr;
    size_ = 0;
  }

  Device &device_;
  std::byte *data_ = nullptr;
  uint64_t size_ = 0;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_DEVICEARENA_H
