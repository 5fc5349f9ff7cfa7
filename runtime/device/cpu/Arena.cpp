// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/cpu/Arena.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <sys/mman.h>
#include <utility>

namespace veomni::cpu {

Arena::Arena(Arena &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Arena &Arena::operator=(Arena &&other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Arena::~Arena() { release(); }

void Arena::release() {
  if (data_)
    ::munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

Status Arena::reserve(uint64_t size) {
  if (size <= size_)
    return Status::ok();
  // Overcommitting would succeed here and kill the process later, in the middle of a kernel.
  uint64_t available = availableMemory();
  uint64_t reachable = available > std::numeric_limits<uint64_t>::max() - size_ ? available : available + size_;
  if (size > reachable)
    return Status::error("working memory of " + std::to_string(size) + " bytes is needed, " +
                         std::to_string(reachable) + " are available");
  void *data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED)
    return Status::error("cannot map " + std::to_string(size) + " bytes of working memory: " + std::strerror(errno));
  // Rows are streamed by all threads; large pages save most of their TLB misses. Only a hint.
  (void)::madvise(data, size, MADV_HUGEPAGE);
  release();
  data_ = static_cast<std::byte *>(data);
  size_ = size;
  return Status::ok();
}

uint64_t availableMemory() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  uint64_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    if (key == "MemAvailable:")
      return kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::numeric_limits<uint64_t>::max();
}

} // namespace veomni::cpu
