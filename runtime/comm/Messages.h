// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What carriers say when an exchange cannot go on, so that all of them say the same.
#ifndef VEOMNI_RUNTIME_COMM_MESSAGES_H
#define VEOMNI_RUNTIME_COMM_MESSAGES_H

#include "veomni/runtime/Communicator.h"

namespace veomni::comm {

/// "rank 3" or "ranks 1, 3".
std::string ranksText(std::span<const int> ranks);
/// "all_reduce, sum of f32 of layers.0.mlp (exchange 7 of group sp)".
std::string callText(const ExchangeCall &call, const std::string &group);
/// Ranks of the world at different calls.
std::string unlikeCalls(int rank, const ExchangeCall &own, int other, const ExchangeCall &theirs,
                        const std::string &group);
/// A rank that does not send what another one receives.
std::string unlikeSizes(int rank, size_t receives, int other, size_t sends, const ExchangeCall &call,
                        const std::string &group);
/// A rank whose time is over; `missing` may be empty.
std::string waitedFor(int rank, std::chrono::milliseconds time, std::span<const int> missing, const ExchangeCall &call,
                      const std::string &group);

} // namespace veomni::comm

#endif // VEOMNI_RUNTIME_COMM_MESSAGES_H
