// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors as they cross the runtime's interface: row-major, without gaps, in memory that belongs to someone else.
#ifndef VEOMNI_RUNTIME_TENSOR_H
#define VEOMNI_RUNTIME_TENSOR_H

#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <string>
#include <vector>

namespace veomni {

struct Tensor {
  std::string name;
  bundle::DType dtype;
  std::vector<int64_t> shape;
  const void *data;
};

/// Bytes of one element.
uint64_t elementSize(bundle::DType type);
/// Elements of a shape whose sizes are known to multiply without overflow.
int64_t elementCount(const std::vector<int64_t> &shape);
/// "[2, 7, 64]"
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace veomni

#endif // VEOMNI_RUNTIME_TENSOR_H
