// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors that users hand in and take out.
#include "veomni/runtime/Tensor.h"

namespace veomni {

uint64_t elementSize(bundle::DType type) {
  switch (type) {
  case bundle::DType::f64:
  case bundle::DType::i64:
    return 8;
  case bundle::DType::f32:
  case bundle::DType::i32:
    return 4;
  case bundle::DType::bf16:
  case bundle::DType::f16:
    return 2;
  case bundle::DType::i8:
  case bundle::DType::u8:
  case bundle::DType::boolean:
  case bundle::DType::f8_e4m3:
    return 1;
  }
  return 0;
}

int64_t elementCount(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (int64_t size : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

} // namespace veomni
