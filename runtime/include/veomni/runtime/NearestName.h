// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// "did you mean": the known name closest to one that was not found.
#ifndef VEOMNI_RUNTIME_NEARESTNAME_H
#define VEOMNI_RUNTIME_NEARESTNAME_H

#include <span>
#include <string>
#include <string_view>

namespace veomni {

/// The candidate with the least edit distance to `name`, the first of equals; empty if none is close enough to be a
/// likely slip (more than a third of the longer name differs).
std::string nearestName(std::string_view name, std::span<const std::string> candidates);

} // namespace veomni

#endif // VEOMNI_RUNTIME_NEARESTNAME_H
