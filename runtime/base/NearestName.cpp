// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The name that somebody may have meant.
#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace veomni {
namespace {

/// Levenshtein distance, or anything above `limit` once it cannot be less. Only cells near the diagonal can hold a
/// distance within the limit, so work is O(length * limit): an index may list a hundred thousand names.
std::size_t editDistance(std::string_view a, std::string_view b, std::size_t limit, std::vector<std::size_t> &row) {
  std::size_t beyond = limit + 1;
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit)
    return beyond;
  row.assign(b.size() + 1, beyond);
  for (std::size_t j = 0; j <= std::min(b.size(), limit); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t first = i > limit ? i - limit : 1, last = std::min(b.size(), i + limit);
    std::size_t diagonal = row[first - 1];
    row[first - 1] = first == 1 ? std::min(i, beyond) : beyond;
    std::size_t least = row[first - 1];
    for (std::size_t j = first; j <= last; ++j) {
      std::size_t above = row[j];
      std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      row[j] = std::min({replaced, above + 1, row[j - 1] + 1, beyond});
      least = std::min(least, row[j]);
      diagonal = above;
    }
    if (least > limit)
      return beyond;
  }
  return row[b.size()];
}

} // namespace

std::string nearestName(std::string_view name, std::span<const std::string> candidates) {
  const std::string *nearest = nullptr;
  std::size_t nearestDistance = 0;
  std::vector<std::size_t> row;
  for (const std::string &candidate : candidates) {
    std::size_t limit = std::max(name.size(), candidate.size()) / 3;
    if (nearest) {
      if (nearestDistance == 0)
        break;
      limit = std::min(limit, nearestDistance - 1);
    }
    std::size_t distance = editDistance(name, candidate, limit, row);
    if (distance <= limit) {
      nearest = &candidate;
      nearestDistance = distance;
    }
  }
  return nearest ? *nearest : std::string();
}

} // namespace veomni
