// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all worlds share.
#include "veomni/runtime/Communicator.h"

#include <algorithm>
#include <functional>

namespace veomni {

Transport::~Transport() = default;
World::~World() = default;

Status checkMembers(const World &world, std::span<const int> members, std::string_view name) {
  bool rising = std::ranges::adjacent_find(members, std::greater_equal<>()) == members.end();
  bool isMember = std::ranges::find(members, world.rank()) != members.end();
  if (isMember && rising && members.front() >= 0 && members.back() < world.size())
    return Status::ok();
  std::string list;
  for (int member : members)
    list += (list.empty() ? "" : ", ") + std::to_string(member);
  return Status::error("group " + std::string(name) + " of ranks " + list + ", expected ranks in rising order, rank " +
                       std::to_string(world.rank()) + " among them, of " + std::to_string(world.size()));
}

} // namespace veomni
