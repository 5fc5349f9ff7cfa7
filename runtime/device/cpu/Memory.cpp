// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory of the CPU, in huge pages where the system has them.
#include "device/cpu/Memory.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <sys/mman.h>

namespace veomni::cpu {

Expected<std::byte *> mapMemory(uint64_t bytes) {
  if (bytes == 0)
    return nullptr;
  // Overcommitting would succeed here and kill the process later, in the middle of a kernel.
  if (uint64_t available = availableMemory(); bytes > available)
    return Status::error("working memory of " + std::to_string(bytes) + " bytes is needed, " +
                         std::to_string(available) + " are available");
  void *memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return Status::error("cannot map " + std::to_string(bytes) + " bytes of working memory: " + std::strerror(errno));
  // Rows are streamed by all threads; large pages save most of their TLB misses. Only a hint.
  (void)::madvise(memory, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte *>(memory);
}

void unmapMemory(std::byte *memory, uint64_t bytes) {
  if (memory)
    ::munmap(memory, bytes);
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
