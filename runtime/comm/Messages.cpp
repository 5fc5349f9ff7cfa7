// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The texts of failed exchanges: rank, call and place.
#include "comm/Messages.h"

namespace veomni::comm {

static std::string nameOf(int rank) { return "rank " + std::to_string(rank); }

std::string ranksText(std::span<const int> ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); ++i)
    text += (i ? ", " : "") + std::to_string(ranks[i]);
  return text;
}

std::string callText(const ExchangeCall &call, const std::string &group) {
  return call.what + (call.location.empty() ? "" : " of " + call.location) + " (exchange " +
         std::to_string(call.number) + " of group " + group + ")";
}

std::string unlikeCalls(int rank, const ExchangeCall &own, int other, const ExchangeCall &theirs,
                        const std::string &group) {
  return nameOf(rank) + " is at " + callText(own, group) + ", " + nameOf(other) + " at " + callText(theirs, group);
}

std::string unlikeSizes(int rank, size_t receives, int other, size_t sends, const ExchangeCall &call,
                        const std::string &group) {
  return nameOf(rank) + " receives " + std::to_string(receives) + " bytes of " + nameOf(other) + " at " +
         callText(call, group) + ", which sends " + std::to_string(sends);
}

std::string waitedFor(int rank, std::chrono::milliseconds time, std::span<const int> missing, const ExchangeCall &call,
                      const std::string &group) {
  return nameOf(rank) + ": waited " + std::to_string(time.count()) + " ms for " +
         (missing.empty() ? "others to leave" : ranksText(missing)) + " at " + callText(call, group);
}

} // namespace veomni::comm
