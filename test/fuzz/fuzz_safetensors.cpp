// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes: either an error with a message, or tensors that tile the file exactly.
#include "veomni/runtime/Checkpoint.h"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  veomni::Expected<veomni::SafetensorsHeader> header =
      veomni::parseSafetensorsHeader({reinterpret_cast<const std::byte *>(data), size}, size, "input");
  if (!header) {
    if (!header.status().message().starts_with("input: "))
      std::abort();
    return 0;
  }
  uint64_t length = 0;
  for (int i = 0; i < 8; ++i)
    length |= uint64_t(data[i]) << (8 * i);
  uint64_t covered = 8 + length;
  for (const veomni::TensorInfo &tensor : header->tensors) {
    if (tensor.offset > size || tensor.size > size - tensor.offset)
      std::abort();
    covered += tensor.size;
  }
  if (covered != size || !std::ranges::is_sorted(header->tensors, {}, &veomni::TensorInfo::name))
    std::abort();
  return 0;
}
