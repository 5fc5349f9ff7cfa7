// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of boxes, in runs as long as both sides allow.
#include "core/Boxes.h"

#include <cstring>

namespace veomni {

Box Box::dense(void *data, std::span<const int64_t> sizes, int64_t elementBytes) {
  Box box{static_cast<std::byte *>(data), {sizes.begin(), sizes.end()}, std::vector<int64_t>(sizes.size())};
  int64_t stride = elementBytes;
  for (size_t dim = sizes.size(); dim-- > 0; stride *= sizes[dim])
    box.strides[dim] = stride;
  return box;
}

Box Box::part(size_t dim, int64_t start, int64_t size) const {
  Box box = *this;
  box.data += start * strides[dim];
  box.sizes[dim] = size;
  return box;
}

int64_t Box::elements() const {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

bool Box::isDense(int64_t elementBytes) const {
  int64_t stride = elementBytes;
  for (size_t dim = sizes.size(); dim-- > 0; stride *= sizes[dim])
    if (sizes[dim] != 1 && strides[dim] != stride)
      return false;
  return true;
}

void copyBox(const Box &from, const Box &to, int64_t elementBytes) {
  if (from.elements() == 0)
    return;
  // The dims from `outer` on lie in one run on both sides.
  size_t outer = from.sizes.size();
  int64_t run = elementBytes;
  while (outer > 0 && (from.sizes[outer - 1] == 1 || (from.strides[outer - 1] == run && to.strides[outer - 1] == run)))
    run *= from.sizes[--outer];
  std::vector<int64_t> index(outer);
  const std::byte *source = from.data;
  std::byte *target = to.data;
  while (true) {
    std::memcpy(target, source, size_t(run));
    size_t dim = outer;
    for (; dim > 0; --dim) {
      source += from.strides[dim - 1];
      target += to.strides[dim - 1];
      if (++index[dim - 1] < from.sizes[dim - 1])
        break;
      source -= from.strides[dim - 1] * from.sizes[dim - 1];
      target -= to.strides[dim - 1] * from.sizes[dim - 1];
      index[dim - 1] = 0;
    }
    if (dim == 0)
      return;
  }
}

} // namespace veomni
