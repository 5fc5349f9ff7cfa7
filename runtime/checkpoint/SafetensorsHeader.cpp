// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// u64 n, little-endian | n bytes of JSON, padded with spaces | the tensors' bytes, without gaps
#include "Problems.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Json.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace veomni {
namespace {

using nlohmann::json;

constexpr uint64_t lengthSize = 8;

std::string called(std::string_view name) { return "tensor \"" + std::string(name) + "\": "; }

/// A count as the format writes it: a JSON integer without sign that fits into int64.
std::optional<int64_t> count(const json &value) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max()))
    return std::nullopt;
  return int64_t(value.get<uint64_t>());
}

/// A value in a message; what others wrote may be long.
std::string shown(const json &value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 60) + "..." : text;
}

class Reader {
public:
  Reader(uint64_t dataBegin, uint64_t fileSize, std::string_view fileName)
      : dataBegin_(dataBegin), dataSize_(fileSize - dataBegin), problems_(fileName) {}

  void readMember(const std::string &name, const json &value) {
    if (name == "__metadata__")
      readMetadata(value);
    else
      readTensor(name, value);
  }

  Expected<SafetensorsHeader> finish() {
    std::ranges::sort(header_.tensors, {}, &TensorInfo::name);
    // One cause, one line: each tensor beyond the end says no more.
    if (furthest_ > dataSize_)
      problems_.add("the data has " + std::to_string(dataSize_) + " bytes, but its tensors end at byte " +
                    std::to_string(furthest_) + ": the file is incomplete, download it again");
    // Where single entries are wrong, what they leave uncovered is no further problem.
    if (problems_.empty())
      checkTiling();
    if (!problems_.empty())
      return problems_.status();
    return std::move(header_);
  }

private:
  void readMetadata(const json &value) {
    if (!value.is_object())
      return problems_.add("__metadata__ is " + shown(value) + ", expected an object of strings");
    for (const auto &[key, text] : value.items()) {
      if (text.is_string())
        header_.metadata[key] = text.get<std::string>();
      else
        problems_.add("__metadata__ \"" + key + "\" is " + shown(text) + ", expected a string");
    }
  }

  void readTensor(const std::string &name, const json &value) {
    const std::string where = called(name);
    if (!value.is_object())
      return problems_.add(where + "is " + shown(value) + ", expected an object with dtype, shape and data_offsets");
    size_t before = problems_.count();
    for (const auto &[key, unused] : value.items())
      if (key != "dtype" && key != "shape" && key != "data_offsets")
        problems_.add(where + "has a key \"" + key + "\", expected only dtype, shape and data_offsets");
    for (const char *key : {"dtype", "shape", "data_offsets"})
      if (!value.contains(key))
        problems_.add(where + "has no " + key);
    if (problems_.count() != before)
      return;
    TensorInfo tensor{name, 0, ElementType::u8, {}, 0, 0};
    readType(tensor, value["dtype"], where);
    readShape(tensor, value["shape"], where);
    readOffsets(tensor, value["data_offsets"], where);
    if (problems_.count() == before)
      checkSize(tensor, where);
    if (problems_.count() == before)
      header_.tensors.push_back(std::move(tensor));
  }

  void readType(TensorInfo &tensor, const json &value, const std::string &where) {
    std::optional<ElementType> type;
    if (value.is_string())
      type = elementTypeNamed(value.get_ref<const std::string &>());
    if (type)
      tensor.elementType = *type;
    else
      problems_.add(where + "dtype is " + shown(value) + ", which is unknown");
  }

  void readShape(TensorInfo &tensor, const json &value, const std::string &where) {
    if (!value.is_array())
      return problems_.add(where + "shape is " + shown(value) + ", expected an array of sizes");
    for (const json &element : value) {
      std::optional<int64_t> dim = count(element);
      if (!dim)
        return problems_.add(where + "shape is " + shown(value) + ", expected whole numbers from 0 to 2^63 - 1");
      tensor.shape.push_back(*dim);
    }
  }

  void readOffsets(TensorInfo &tensor, const json &value, const std::string &where) {
    std::optional<int64_t> begin, end;
    if (value.is_array() && value.size() == 2) {
      begin = count(value[0]);
      end = count(value[1]);
    }
    if (!begin || !end || *end < *begin)
      return problems_.add(where + "data_offsets are " + shown(value) + ", expected [begin, end] with begin <= end");
    furthest_ = std::max(furthest_, uint64_t(*end));
    tensor.offset = dataBegin_ + uint64_t(*begin);
    tensor.size = uint64_t(*end - *begin);
  }

  void checkSize(const TensorInfo &tensor, const std::string &where) {
    uint64_t bits = elementBits(tensor.elementType);
    // Not after a 0: whoever multiplies in another order must not overflow either.
    bool empty = false;
    for (int64_t dim : tensor.shape) {
      empty |= dim == 0;
      if (__builtin_mul_overflow(bits, uint64_t(std::max<int64_t>(dim, 1)), &bits))
        return problems_.add(where + "shape " + dimsText(tensor.shape) + " of " +
                             std::string(elementTypeName(tensor.elementType)) + " is more than 2^64 bits");
    }
    if (empty)
      bits = 0;
    if (bits % 8 != 0)
      return problems_.add(where + "shape " + dimsText(tensor.shape) + " of " +
                           std::string(elementTypeName(tensor.elementType)) + " is no whole number of bytes");
    if (bits / 8 != tensor.size)
      problems_.add(where + "has " + std::to_string(tensor.size) + " bytes, expected " + std::to_string(bits / 8) +
                    " for shape " + dimsText(tensor.shape) + " of " + std::string(elementTypeName(tensor.elementType)));
  }

  void checkTiling() {
    std::vector<const TensorInfo *> order;
    for (const TensorInfo &tensor : header_.tensors)
      order.push_back(&tensor);
    std::ranges::sort(order, [](const TensorInfo *a, const TensorInfo *b) {
      return a->offset != b->offset ? a->offset < b->offset : a->offset + a->size < b->offset + b->size;
    });
    uint64_t end = dataBegin_;
    for (const TensorInfo *tensor : order) {
      if (tensor->offset != end)
        problems_.add(called(tensor->name) + "begins at byte " + std::to_string(tensor->offset - dataBegin_) +
                      " of the data, " + (tensor->offset > end ? "leaving a gap after" : "overlapping what ends at") +
                      " byte " + std::to_string(end - dataBegin_));
      end = std::max(end, tensor->offset + tensor->size);
    }
    if (uint64_t covered = end - dataBegin_; covered != dataSize_)
      problems_.add("the data has " + std::to_string(dataSize_) + " bytes, but its tensors end at byte " +
                    std::to_string(covered));
  }

  uint64_t dataBegin_, dataSize_, furthest_ = 0;
  Problems problems_;
  SafetensorsHeader header_;
};

} // namespace

Expected<SafetensorsHeader> parseSafetensorsHeader(std::span<const std::byte> bytes, uint64_t fileSize,
                                                   std::string_view fileName) {
  const std::string file(fileName);
  if (fileSize < lengthSize || bytes.size() < lengthSize)
    return Status::error(file + ": has " + std::to_string(fileSize) +
                         " bytes, expected a safetensors file with at least " + std::to_string(lengthSize));
  uint64_t length = 0;
  for (uint64_t i = 0; i < lengthSize; ++i)
    length |= uint64_t(bytes[i]) << (8 * i);
  if (length > maxSafetensorsHeader)
    return Status::error(file + ": header length is " + std::to_string(length) + ", expected at most " +
                         std::to_string(maxSafetensorsHeader) + "; not a safetensors file?");
  if (length > std::min<uint64_t>(fileSize, bytes.size()) - lengthSize)
    return Status::error(file + ": header length is " + std::to_string(length) + ", but only " +
                         std::to_string(fileSize - lengthSize) + " bytes follow: the file is incomplete");
  std::string_view text(reinterpret_cast<const char *>(bytes.data()) + lengthSize, length);
  if (!text.starts_with('{'))
    return Status::error(file + ": header does not begin with \"{\"");
  // A model of many experts has a header of tens of megabytes, which as a document would be ten times that.
  Reader reader(lengthSize + length, fileSize, fileName);
  Status parsed = parseJsonMembers(text, file + ": header",
                                   [&](const std::string &name, const json &value) { reader.readMember(name, value); });
  if (!parsed)
    return parsed;
  return reader.finish();
}

} // namespace veomni
