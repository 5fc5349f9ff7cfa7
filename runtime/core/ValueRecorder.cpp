// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Records what instructions compute, for comparisons value by value.
#include "veomni/runtime/Recorders.h"

#include <algorithm>
#include <cstring>
#include <fnmatch.h>

namespace veomni {

void ValueRecorder::after(const InstructionEvent &event) {
  if (event.kind != bundle::Action::Call)
    return;
  const std::string path(event.path);
  auto matches = [&](const std::string &glob) { return ::fnmatch(glob.c_str(), path.c_str(), 0) == 0; };
  if (!std::ranges::any_of(globs_, matches))
    return;
  unsigned results = 0;
  for (const OperandView &view : event.operands)
    if (view.data && view.access != bundle::Access::read && view.layout == bundle::Layout::rows) {
      record(results ? path + "." + std::to_string(results) : path, view);
      ++results;
    }
}

void ValueRecorder::record(const std::string &name, const OperandView &view) {
  const size_t size = elementSize(view.dtype), total = size_t(elementCount(view.shape));
  size_t row = total, stride = total;
  if (view.rowStride) {
    row = size_t(elementCount({view.shape.end() - view.rowRank, view.shape.end()}));
    stride = size_t(view.rowStride);
  }
  std::vector<std::byte> bytes(total * size);
  for (size_t done = 0, r = 0; done < total; done += row, ++r)
    std::memcpy(bytes.data() + done * size, static_cast<const std::byte *>(view.data) + r * stride * size, row * size);
  auto known = std::ranges::find(tensors_, name, &Tensor::name);
  std::vector<std::byte> &home =
      known == tensors_.end() ? storage_.emplace_back() : storage_[size_t(known - tensors_.begin())];
  home = std::move(bytes);
  Tensor tensor{name, view.dtype, view.shape, home.data()};
  if (known == tensors_.end())
    tensors_.push_back(std::move(tensor));
  else
    *known = std::move(tensor);
}

} // namespace veomni
