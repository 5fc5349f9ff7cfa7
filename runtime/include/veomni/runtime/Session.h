// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a program: the memory of its runs, the states that live from one to the next, and the threads.
#ifndef VEOMNI_RUNTIME_SESSION_H
#define VEOMNI_RUNTIME_SESSION_H

#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Hooks.h"
#include "veomni/runtime/Machine.h"
#include "veomni/runtime/Program.h"

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace veomni {

/// Asks runs to end early; from any thread, for any number of runs.
class CancelToken {
public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  /// Lets runs go on again.
  void reset() { cancelled_.store(false, std::memory_order_relaxed); }
  bool isCancelled() const { return cancelled_.load(std::memory_order_relaxed); }

private:
  std::atomic<bool> cancelled_ = false;
};

struct SessionOptions {
  /// 0: as many as this process may use. Results do not depend on it.
  unsigned threads = 0;
  /// Runs with every buffer between inaccessible pages; see docs/bundle-format.md. Slow; of all sessions of the process
  /// one runs at a time. Only on devices that compute in memory of this process.
  bool checkMemory = false;
  /// This rank among those that run a program for several ranks together; each has a session of its own. All must run
  /// the same entries over the same inputs, in the same order. Null for a program that needs none.
  std::shared_ptr<World> world = nullptr;
};

struct RunOptions {
  const InstructionHooks *hooks = nullptr;
  const CancelToken *cancel = nullptr;
  /// On a device that only counts: what the run is taken to run on, for `Session::estimate`.
  const Machine *machine = nullptr;
};

/// What one kind of collective has given to other ranks along an axis of the mesh.
struct CollectiveCounts {
  std::string name; ///< "all_to_all over sp"
  uint64_t calls = 0, bytes = 0;
};

/// A session is used by one thread at a time; sessions of one program run at the same time on different threads, with
/// the same bits as one after the other.
class Session {
public:
  static Expected<Session> create(std::shared_ptr<const Program> program, const SessionOptions &options = {});
  Session(Session &&) noexcept;
  Session &operator=(Session &&) noexcept;
  ~Session();

  const Program &program() const;
  unsigned threads() const;

  /// Runs an entry once; an empty name means the program's first. Inputs are found by name and may come in any order;
  /// those with a default may be left out, i32 is accepted where the program wants i64, a leading 1 is broadcast for
  /// inputs that have a default, and `cu_seqlens` (rank 1, [0, ..., tokens]) may stand for the position ids of a packed
  /// row. Inputs are copied; errors name the input, what was found and what was expected. A run that is cancelled ends
  /// with an error between two instructions; states then hold what the instructions before have written.
  Status run(std::string_view entry, std::span<const Tensor> inputs, const RunOptions &options = {});
  /// What the last successful run computed, in the order of the entry; valid until the next run.
  std::span<const Tensor> outputs() const;

  /// The states of the program as the last run left them; valid while the session lives.
  std::span<const Tensor> states() const;
  /// Makes all states zero, as they are at first.
  void reset();
  /// Ends the runs of all ranks, since this one cannot go on: each of them fails with "rank N: WHY". Nothing where
  /// there is one rank.
  void abort(std::string_view why);
  /// Bytes that this rank has given to others so far.
  uint64_t sentBytes() const;
  /// The same by collective and axis of the mesh, in the order of their first call. On a device that only counts, what
  /// the first rank gives; of dispatches to experts, if all experts are chosen alike.
  std::span<const CollectiveCounts> collectives() const;

  /// What a device that counts has seen of this session; null on others.
  const DeviceCounts *counts() const;
  /// How long the last run would have taken on the machine that it was given.
  const std::optional<RunEstimate> &estimate() const;
  /// Bytes of working memory: inputs, outputs and slots of the largest run so far, and states.
  uint64_t memoryBytes() const;

private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_SESSION_H
