// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks as a grid with named axes.
#include "veomni/runtime/Communicator.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace veomni {

Expected<Mesh> Mesh::create(std::vector<Axis> axes) {
  Mesh mesh;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Axis &axis = axes[i];
    if (axis.name.empty())
      return Status::error("mesh: axis " + std::to_string(i) + " has no name");
    if (std::ranges::count(axes, axis.name, &Axis::name) > 1)
      return Status::error("mesh: there are several axes '" + axis.name + "'");
    if (axis.size < 1)
      return Status::error("mesh: axis '" + axis.name + "' has size " + std::to_string(axis.size) +
                           ", expected at least 1");
    if (!axis.redivides && __builtin_mul_overflow(mesh.size_, axis.size, &mesh.size_))
      return Status::error("mesh: has more than " + std::to_string(std::numeric_limits<int>::max()) + " ranks");
  }
  for (const Axis &axis : axes)
    if (axis.redivides && mesh.size_ % axis.size != 0)
      return Status::error("mesh: axis '" + axis.name + "' re-divides " + std::to_string(mesh.size_) +
                           " ranks, and its size " + std::to_string(axis.size) + " does not divide them");
  mesh.axes_ = std::move(axes);
  return mesh;
}

Expected<Mesh> Mesh::parse(std::string_view text) {
  std::vector<Axis> axes;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const size_t equals = item.find('=');
    int size = 0;
    const char *begin = item.data() + std::min(item.size(), equals == std::string_view::npos ? equals : equals + 1);
    auto [end, error] = std::from_chars(begin, item.data() + item.size(), size);
    if (equals == std::string_view::npos || error != std::errc() || end != item.data() + item.size())
      return Status::error("mesh: found '" + std::string(item) + "', expected AXIS=SIZE, as in sp=2,ep=4");
    axes.push_back({std::string(item.substr(0, equals)), size});
  }
  return create(std::move(axes));
}

std::vector<int> Mesh::coordinates(int rank) const {
  std::vector<int> result(axes_.size());
  int left = rank;
  for (size_t i = axes_.size(); i-- > 0;) {
    result[i] = (axes_[i].redivides ? rank : left) % axes_[i].size;
    left /= axes_[i].redivides ? 1 : axes_[i].size;
  }
  return result;
}

Expected<std::vector<int>> Mesh::group(int rank, std::span<const std::string_view> axes) const {
  std::string names;
  for (const Axis &axis : axes_)
    names += (names.empty() ? "" : ", ") + axis.name;
  std::vector<int> members;
  for (std::string_view name : axes) {
    auto axis = std::ranges::find(axes_, name, &Axis::name);
    if (axis == axes_.end())
      return Status::error("mesh: has no axis '" + std::string(name) + "', expected one of: " + names);
    if (!axis->redivides)
      continue;
    if (axes.size() > 1)
      return Status::error("mesh: axis '" + axis->name + "' re-divides the ranks, and makes groups by itself alone");
    for (int place = 0; place < axis->size; ++place)
      members.push_back(rank / axis->size * axis->size + place);
    return members;
  }
  const std::vector<int> own = coordinates(rank);
  for (int other = 0; other < size_; ++other) {
    const std::vector<int> place = coordinates(other);
    bool same = true;
    for (size_t i = 0; i < axes_.size(); ++i)
      same &= axes_[i].redivides || place[i] == own[i] || std::ranges::find(axes, axes_[i].name) != axes.end();
    if (same)
      members.push_back(other);
  }
  return members;
}

} // namespace veomni
