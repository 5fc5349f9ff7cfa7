// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The values of inputs: copied, widened, broadcast, made up where left out, and checked against their range.
#include "core/Inputs.h"
#include "core/Sizes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

namespace veomni {

template <typename T> static T elementAt(const Tensor &tensor, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const std::byte *>(tensor.data) + index * int64_t(sizeof value), sizeof value);
  return value;
}

/// A number as an integer, or nothing if it is none that fits.
static std::optional<int64_t> wholeNumber(double value) {
  // Also false for what is not a number.
  if (!(std::abs(value) < 9e15) || value != std::trunc(value))
    return std::nullopt;
  return int64_t(value);
}

/// An element of any type that inputs may have in place of integers.
static std::optional<int64_t> integerOf(const Tensor &tensor, int64_t index) {
  switch (tensor.dtype) {
  case bundle::DType::f32:
    return wholeNumber(double(elementAt<float>(tensor, index)));
  case bundle::DType::f64:
    return wholeNumber(elementAt<double>(tensor, index));
  case bundle::DType::boolean:
  case bundle::DType::u8:
    return elementAt<uint8_t>(tensor, index);
  case bundle::DType::i8:
    return elementAt<int8_t>(tensor, index);
  case bundle::DType::i32:
    return elementAt<int32_t>(tensor, index);
  default:
    return elementAt<int64_t>(tensor, index);
  }
}

/// Of an i32 or i64 tensor.
static int64_t integerAt(const Tensor &tensor, int64_t index) {
  return tensor.dtype == bundle::DType::i32 ? elementAt<int32_t>(tensor, index) : elementAt<int64_t>(tensor, index);
}

/// An element for a message.
static std::string elementText(const Tensor &tensor, int64_t index) {
  if (std::optional<int64_t> integer = integerOf(tensor, index))
    return std::to_string(*integer);
  char text[32];
  std::snprintf(text, sizeof text, "%g",
                tensor.dtype == bundle::DType::f32 ? double(elementAt<float>(tensor, index))
                                                   : elementAt<double>(tensor, index));
  return text;
}

static bool isInteger(bundle::DType type) { return type == bundle::DType::i64 || type == bundle::DType::i32; }

/// Programs look for packed documents only where no mask is given. A mask of ones says nothing, and must not hide the
/// documents that the caller marked; one with padding cannot be honoured together with them.
Status BoundInputs::dropMaskOfPackedRow() {
  for (uint32_t i = 0; cuSeqlens_ && i < tensors_.size(); ++i) {
    if (!tensors_[i] || input(i).default_value() != bundle::InputDefault::ones)
      continue;
    for (int64_t e = 0, count = elementCount(tensors_[i]->shape); e < count; ++e)
      if (integerOf(*tensors_[i], e) != 1)
        return Status::error("input " + input(i).name()->str() + ": element " + std::to_string(e) + " is " +
                             elementText(*tensors_[i], e) +
                             ", expected 1: cu_seqlens, given too, marks the documents of a packed row, which has no "
                             "padding");
    tensors_[i] = nullptr;
  }
  return Status::ok();
}

/// The mask that says which elements of input `index` are padding; null if there is none that was given.
const Tensor *BoundInputs::paddingMask(uint32_t index) const {
  if (!tensors_[index] || !input(index).accepts_cu_seqlens())
    return nullptr;
  for (uint32_t i = 0; i < tensors_.size(); ++i)
    if (tensors_[i] && input(i).default_value() == bundle::InputDefault::ones &&
        shapeOf(*input(i).type(), symbols_) == shapeOf(*input(index).type(), symbols_))
      return tensors_[i];
  return nullptr;
}

Status BoundInputs::checkCuSeqlens() const {
  if (!cuSeqlens_)
    return Status::ok();
  const Tensor &cu = *cuSeqlens_;
  const std::string name = "input " + cu.name;
  if (!isInteger(cu.dtype) || cu.shape.size() != 1 || cu.shape[0] < 1)
    return Status::error(name + ": is " + bundle::EnumNameDType(cu.dtype) + shapeText(cu.shape) +
                         ", expected i32 or i64 of rank 1, [0, ..., number of tokens]");
  const int64_t count = cu.shape[0];
  if (integerAt(cu, 0) != 0)
    return Status::error(name + ": starts with " + std::to_string(integerAt(cu, 0)) + ", expected 0");
  for (int64_t d = 1; d < count; ++d)
    if (integerAt(cu, d) < integerAt(cu, d - 1))
      return Status::error(name + ": element " + std::to_string(d) + " is " + std::to_string(integerAt(cu, d)) +
                           ", less than the one before it, " + std::to_string(integerAt(cu, d - 1)));
  for (uint32_t i = 0; i < tensors_.size(); ++i) {
    const bundle::Input &input = this->input(i);
    if (!input.accepts_cu_seqlens())
      continue;
    std::vector<int64_t> shape = shapeOf(*input.type(), symbols_);
    int64_t rows = shape[shape.size() - 2], tokens = shape.back();
    if (rows != 1)
      return Status::error(name + ": marks the documents of one packed row, but there are " + std::to_string(rows) +
                           " rows");
    if (int64_t last = integerAt(cu, count - 1); last != tokens)
      return Status::error(name + ": ends with " + std::to_string(last) + ", expected the number of tokens, " +
                           std::to_string(tokens));
    if (!tensors_[i])
      continue;
    const int64_t repeats = elementCount(tensors_[i]->shape) / std::max<int64_t>(tokens, 1);
    for (int64_t r = 0; r < repeats; ++r)
      for (int64_t d = 1; d < count; ++d)
        for (int64_t t = integerAt(cu, d - 1); t < integerAt(cu, d); ++t)
          if (int64_t found = integerAt(*tensors_[i], r * tokens + t), position = t - integerAt(cu, d - 1);
              found != position)
            return Status::error("input " + input.name()->str() + ": element " + std::to_string(r * tokens + t) +
                                 " is " + std::to_string(found) + ", but cu_seqlens, given too, makes it " +
                                 std::to_string(position));
  }
  return Status::ok();
}

Status BoundInputs::copyTo(uint32_t index, std::byte *destination) const {
  const bundle::Input &input = this->input(index);
  const bundle::BufferType &type = *input.type();
  const Tensor *tensor = tensors_[index];
  const int64_t total = elementCount(shapeOf(type, symbols_));
  if (total == 0)
    return Status::ok();
  const int64_t size = int64_t(elementSize(type.dtype()));
  // The source repeats where its leading 1 is broadcast; the destination may have gaps between rows.
  const int64_t period = tensor ? elementCount(tensor->shape) : total;
  const int64_t row = isDense(type) ? total : constantRowSize(type), stride = isDense(type) ? total : type.row_stride();

  if (!isInteger(type.dtype())) {
    const std::byte *source = static_cast<const std::byte *>(tensor->data);
    int64_t run = std::min(row, period);
    for (int64_t e = 0; e < total; e += run)
      std::memcpy(destination + (e / row * stride + e % row) * size, source + e % period * size, size_t(run * size));
    return Status::ok();
  }

  int64_t highest = input.max();
  if (input.below()) {
    std::optional<int64_t> below = evaluate(*input.below(), symbols_);
    if (!below)
      return Status::error("input " + input.name()->str() +
                           ": the bound of its elements overflows or is negative for these inputs");
    highest = std::min(highest, *below - 1);
  }
  const int64_t last = rankOf(type) ? shapeOf(type, symbols_).back() : 1;
  const Tensor *mask = paddingMask(index);
  const int64_t maskPeriod = mask ? elementCount(mask->shape) : 1;
  int64_t document = 0; // of the next token, in cu_seqlens
  for (int64_t e = 0; e < total; ++e) {
    int64_t value = 1;
    if (tensor) {
      std::optional<int64_t> given = integerOf(*tensor, e % period);
      if (!given)
        return Status::error("input " + input.name()->str() + ": element " + std::to_string(e % period) + " is " +
                             elementText(*tensor, e % period) + ", expected " + std::to_string(input.min()) + " to " +
                             std::to_string(highest));
      value = *given;
    } else if (cuSeqlens_ && input.accepts_cu_seqlens()) {
      int64_t token = e % last;
      document = token == 0 ? 0 : document;
      while (integerAt(*cuSeqlens_, document + 1) <= token)
        ++document;
      value = token - integerAt(*cuSeqlens_, document);
    } else if (input.default_value() == bundle::InputDefault::iota) {
      value = e % last;
    }
    const bool isPadding = mask && integerOf(*mask, e % maskPeriod) == 0;
    // Positions of padding count for nothing; what is no position is computed as 0.
    if (isPadding && (value < std::numeric_limits<int32_t>::min() || value > highest))
      value = 0;
    const bool ignored = input.ignored() && value == *input.ignored();
    if ((value < input.min() || value > highest) && !ignored && !isPadding)
      return Status::error("input " + input.name()->str() + ": element " + std::to_string(e % period) + " is " +
                           std::to_string(value) + ", expected " + std::to_string(input.min()) + " to " +
                           std::to_string(highest) +
                           (input.ignored() ? " or " + std::to_string(*input.ignored()) : std::string()));
    std::byte *target = destination + (e / row * stride + e % row) * size;
    if (type.dtype() == bundle::DType::i64) {
      std::memcpy(target, &value, sizeof value);
    } else {
      int32_t narrow = int32_t(value);
      std::memcpy(target, &narrow, sizeof narrow);
    }
  }
  return Status::ok();
}

Status BoundInputs::checkRows() const {
  for (uint32_t i = 0; i < tensors_.size(); ++i) {
    const bundle::Input &input = this->input(i);
    if (!input.rows_of())
      continue;
    uint32_t other = 0;
    while (this->input(other).name()->string_view() != input.rows_of()->string_view())
      ++other;
    const Tensor &counted = *tensors_[other];
    int64_t expected = 0;
    for (int64_t e = 0; e < elementCount(counted.shape); ++e)
      expected += integerOf(counted, e) == input.rows_of_value();
    if (tensors_[i]->shape[0] != expected)
      return Status::error("input " + input.name()->str() + ": has " + std::to_string(tensors_[i]->shape[0]) +
                           " rows, expected " + std::to_string(expected) + ", as " + input.rows_of()->str() + " has " +
                           std::to_string(input.rows_of_value()) + " so often");
  }
  return Status::ok();
}

} // namespace veomni
