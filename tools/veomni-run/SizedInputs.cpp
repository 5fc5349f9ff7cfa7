// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes inputs of the sizes that --sizes gives.
#include "SizedInputs.h"

#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <new>
#include <sstream>

namespace veomni {

/// The run-time sizes of inputs that have no default, in order.
static std::vector<std::string> axesOf(const EntryInfo &entry) {
  std::vector<std::string> axes;
  for (const PortInfo &input : entry.inputs)
    for (const PortInfo::Dim &dim : input.dims)
      if (input.required && dim.size < 0 && std::ranges::find(axes, dim.axis) == axes.end())
        axes.push_back(dim.axis);
  return axes;
}

static std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

static Expected<std::map<std::string, int64_t>> parse(const std::string &sizes, const std::vector<std::string> &axes) {
  std::map<std::string, int64_t> values;
  std::istringstream items(sizes);
  for (std::string text; std::getline(items, text, ',');) {
    const size_t equals = text.find('=');
    const std::string axis = text.substr(0, equals);
    int64_t size = 0;
    const char *begin = text.data() + std::min(equals == std::string::npos ? text.size() : equals + 1, text.size());
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), size);
    if (equals == std::string::npos || error != std::errc() || end != text.data() + text.size() || size < 0)
      return Status::error("--sizes: '" + text + "', expected AXIS=N with N of 0 or more");
    if (std::ranges::find(axes, axis) == axes.end()) {
      const std::string nearest = nearestName(axis, axes);
      return Status::error("--sizes: inputs have no size '" + axis + "'" +
                           (nearest.empty() ? "; they have " + joined(axes) : ", did you mean '" + nearest + "'?"));
    }
    if (!values.emplace(axis, size).second)
      return Status::error("--sizes: '" + axis + "' is given twice");
  }
  for (const std::string &axis : axes)
    if (!values.contains(axis))
      return Status::error("--sizes: '" + axis + "' is missing; inputs have sizes " + joined(axes));
  return values;
}

Expected<std::vector<Tensor>> SizedInputs::make(const EntryInfo &entry, const std::string &sizes) {
  Expected<std::map<std::string, int64_t>> values = parse(sizes, axesOf(entry));
  if (!values)
    return values.status();
  std::vector<Tensor> inputs;
  for (const PortInfo &input : entry.inputs) {
    if (!input.required)
      continue;
    std::vector<int64_t> shape;
    int64_t bytes = int64_t(elementSize(input.dtype));
    for (const PortInfo::Dim &dim : input.dims) {
      shape.push_back(dim.size < 0 ? values->at(dim.axis) : dim.size);
      if (__builtin_mul_overflow(bytes, shape.back(), &bytes))
        return Status::error("--sizes: input " + input.name + " would be larger than any memory");
    }
    try {
      memory_.emplace_back(size_t(bytes));
    } catch (const std::exception &) { // bad_alloc, or longer than any vector
      return Status::error("--sizes: no memory for the " + std::to_string(bytes) + " bytes of input " + input.name);
    }
    std::byte *data = memory_.back().data();
    const int64_t value = std::clamp<int64_t>(0, input.min, input.max);
    if (value != 0 && (input.dtype == bundle::DType::i64 || input.dtype == bundle::DType::i32))
      for (int64_t at = 0; at < bytes; at += int64_t(elementSize(input.dtype)))
        std::memcpy(data + at, &value, elementSize(input.dtype)); // the low half of an i64, where it is an i32
    inputs.push_back({input.name, input.dtype, shape, data});
  }
  return inputs;
}

} // namespace veomni
