// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Safetensors files, read and written whole.
#include "veomni/runtime/TensorFile.h"

#include "Problems.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/OutputFile.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace veomni {
namespace {

/// Bytes of a tensor; nothing if its shape is not one, or too large.
std::optional<uint64_t> bytesOf(const TensorView &tensor) {
  uint64_t bits = elementBits(tensor.elementType);
  bool empty = false;
  for (int64_t dim : tensor.shape) {
    empty |= dim == 0;
    if (dim < 0 || __builtin_mul_overflow(bits, uint64_t(std::max<int64_t>(dim, 1)), &bits))
      return std::nullopt;
  }
  if (empty)
    return 0;
  return bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

} // namespace

Status writeSafetensors(const std::string &path, std::span<const TensorView> tensors,
                        const std::map<std::string, std::string> &metadata) {
  std::vector<const TensorView *> order;
  for (const TensorView &tensor : tensors)
    order.push_back(&tensor);
  std::ranges::sort(order, [](const TensorView *a, const TensorView *b) {
    uint32_t bitsA = elementBits(a->elementType), bitsB = elementBits(b->elementType);
    return bitsA != bitsB ? bitsA > bitsB : a->name < b->name;
  });

  Problems problems(path);
  // Ordered: readers see the tensors in the order of their bytes.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  std::vector<uint64_t> sizes;
  std::set<std::string_view> names;
  uint64_t end = 0;
  for (const TensorView *tensor : order) {
    std::optional<uint64_t> size = bytesOf(*tensor);
    const uint64_t begin = end;
    if (!names.insert(tensor->name).second)
      problems.add("tensor \"" + tensor->name + "\" is given twice");
    if (tensor->name == "__metadata__")
      problems.add("tensor \"__metadata__\" has a name that the format keeps for itself");
    if (!size || __builtin_add_overflow(begin, *size, &end))
      problems.add("tensor \"" + tensor->name + "\" has shape " + dimsText(tensor->shape) + " of " +
                   std::string(elementTypeName(tensor->elementType)) +
                   ", expected sizes of 0 or more and a whole number of bytes below 2^64");
    if (!problems.empty())
      continue;
    // Appended as a pair: looking every key up first would be quadratic.
    header.get_ref<nlohmann::ordered_json::object_t &>().emplace_back(
        tensor->name, nlohmann::ordered_json{{"dtype", elementTypeName(tensor->elementType)},
                                             {"shape", tensor->shape},
                                             {"data_offsets", {begin, end}}});
    sizes.push_back(*size);
  }
  if (!problems.empty())
    return problems.status();

  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception &error) {
    return Status::error(path + ": cannot write the header, names must be UTF-8: " + error.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > maxSafetensorsHeader)
    return Status::error(path + ": header would have " + std::to_string(text.size()) + " bytes, expected at most " +
                         std::to_string(maxSafetensorsHeader));
  unsigned char length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = static_cast<unsigned char>(uint64_t(text.size()) >> (8 * i));

  OutputFile file(path);
  if (Status status = file.open(); !status)
    return status;
  if (Status status = file.write(length, sizeof(length)); !status)
    return status;
  if (Status status = file.write(text.data(), text.size()); !status)
    return status;
  for (size_t i = 0; i < order.size(); ++i)
    if (Status status = file.write(order[i]->data, sizes[i]); !status)
      return status;
  return file.finish();
}

} // namespace veomni
