// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Working memory of the CPU: whole pages of zeros, large ones where the system has them.
#ifndef VEOMNI_RUNTIME_DEVICE_CPU_MEMORY_H
#define VEOMNI_RUNTIME_DEVICE_CPU_MEMORY_H

#include "veomni/runtime/Status.h"

#include <cstddef>
#include <cstdint>

namespace veomni::cpu {

/// Fails when the machine does not have the memory. Null for 0 bytes.
Expected<std::byte *> mapMemory(uint64_t bytes);
void unmapMemory(std::byte *memory, uint64_t bytes);

/// Bytes that the kernel believes can be given out without swapping; the largest number when it does not say.
uint64_t availableMemory();

} // namespace veomni::cpu

#endif // VEOMNI_RUNTIME_DEVICE_CPU_MEMORY_H
