// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing safetensors files.
#ifndef VEOMNI_RUNTIME_TENSORFILE_H
#define VEOMNI_RUNTIME_TENSORFILE_H

#include "veomni/runtime/ElementType.h"
#include "veomni/runtime/Status.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace veomni {

/// A tensor to be written: row-major, without gaps, in memory that belongs to someone else.
struct TensorView {
  std::string name;
  ElementType elementType;
  std::vector<int64_t> shape;
  const void *data;
};

/// Writes a safetensors file in the order that all its writers use (wide elements first, then by name), so that equal
/// content is equal bytes and every tensor is aligned to its elements. The file appears under its name only once it is
/// complete.
Status writeSafetensors(const std::string &path, std::span<const TensorView> tensors,
                        const std::map<std::string, std::string> &metadata = {});

} // namespace veomni

#endif // VEOMNI_RUNTIME_TENSORFILE_H
