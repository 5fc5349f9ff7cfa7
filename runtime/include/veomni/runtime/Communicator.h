// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the ranks of a sharded program move data: collectives over a group of ranks, whatever carries the bytes.
//
// All that a carrier must do is one exchange (`Transport`): every rank of a group gives a part to every other. The
// collectives are made of exchanges here, once, so that all carriers give the same bits: sums are taken in the order of
// the ranks, and not in that of a library's tree, which depends on its version and on the number of nodes.
#ifndef VEOMNI_RUNTIME_COMMUNICATOR_H
#define VEOMNI_RUNTIME_COMMUNICATOR_H

#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veomni {

struct SendPart {
  const void *data;
  size_t bytes;
};
struct ReceivePart {
  void *data;
  size_t bytes;
};

/// What ranks that meet in an exchange must agree about.
struct ExchangeCall {
  std::string what;     ///< "all_reduce sum of bf16": the collective, with all that all ranks must say alike
  std::string location; ///< where in the program, for messages; ranks need not agree about it
  uint64_t number = 0;  ///< exchanges of this group before it
};

/// One rank's end of what connects a group of ranks. Only one thread at a time uses it.
class Transport {
public:
  virtual ~Transport();
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// "sp": the axis of the mesh, for messages.
  virtual const std::string &name() const = 0;

  /// Gives `send[p]` to rank p of the group and takes `receive[p]` from it, its own part included; returns when all of
  /// both has happened. Error: another rank is at another call, or sends another number of bytes than are received
  /// here, or failed, or did not come in time. After an error nothing goes on: an exchange in which a rank has done its
  /// part may still end well, and the next one in which it waits for a rank that failed does not.
  virtual Status exchange(const ExchangeCall &call, std::span<const SendPart> send,
                          std::span<const ReceivePart> receive) = 0;
};

/// One rank among all that run a program.
class World {
public:
  virtual ~World();
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Connects `members`, ranks of the world in rising order, this one among them; every member must call it, in the
  /// same order of groups.
  virtual Expected<std::unique_ptr<Transport>> connect(std::vector<int> members, std::string name) = 0;
  /// Ends the exchanges of all ranks with an error: "rank 3: WHY". The first reason stays.
  virtual void abort(std::string_view why) = 0;
};

/// Whether `members` can be a group of this rank: ranks of the world in rising order, this one among them.
Status checkMembers(const World &world, std::span<const int> members, std::string_view name);

struct WorldOptions {
  /// How long a rank waits for others before it takes them for dead.
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
};

/// Ranks that are threads of this process, one world for each.
std::vector<std::shared_ptr<World>> localWorlds(int size, const WorldOptions &options = {});

enum class Reduction { sum, max };

/// The end of something that was started.
class CommEvent {
public:
  CommEvent() = default;
  /// Returns when it has ended, and whether it went well.
  Status wait() const;
  /// Whether it has ended.
  bool isDone() const;
  using Time = std::chrono::steady_clock::time_point;
  /// When it began, after what was started before it, and ended; of one that has ended.
  std::pair<Time, Time> times() const;

  struct State;
  explicit CommEvent(std::shared_ptr<State> state) : state_(std::move(state)) {}

private:
  std::shared_ptr<State> state_;
};

/// The collectives of one rank in one group. They return at once and happen in the order of the calls, on a thread of
/// their own, so that kernels may run meanwhile; memory that they name must stay until the event has ended, and what
/// they write must not be touched before. All ranks of a group must make the same calls in the same order. Counts are
/// of elements; parts may be empty. `location` says where in the program the call stands.
class Communicator {
public:
  explicit Communicator(std::unique_ptr<Transport> transport);
  ~Communicator();
  Communicator(const Communicator &) = delete;
  Communicator &operator=(const Communicator &) = delete;

  int rank() const;
  int size() const;
  const std::string &name() const;

  /// The parts of all ranks one behind the other: `counts[p]` elements of rank p, of which `in` is this rank's part.
  CommEvent allGather(bundle::DType type, const void *in, std::span<const int64_t> counts, void *out,
                      std::string_view location = {});
  /// Part p of `in` goes to rank p; parts of all ranks for this one, one behind the other, come to `out`.
  CommEvent allToAll(bundle::DType type, const void *in, std::span<const int64_t> sendCounts, void *out,
                     std::span<const int64_t> receiveCounts, std::string_view location = {});
  /// Reduces over the ranks, element by element, in the order of the ranks; this rank gets part `rank()` of it, where
  /// part p has `counts[p]` elements. Sums of bf16 and f16 are taken in f32 and rounded once.
  CommEvent reduceScatter(bundle::DType type, Reduction reduction, const void *in, std::span<const int64_t> counts,
                          void *out, std::string_view location = {});
  /// The same, and every rank gets all. `in` may be `out`.
  CommEvent allReduce(bundle::DType type, Reduction reduction, const void *in, int64_t count, void *out,
                      std::string_view location = {});
  /// `data` of rank `root` comes to all.
  CommEvent broadcast(bundle::DType type, void *data, int64_t count, int root, std::string_view location = {});
  /// Ends when all ranks have come.
  CommEvent barrier(std::string_view location = {});

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Ranks as a grid with named axes, the last one fastest: rank = (i0 * n1 + i1) * n2 + i2 ... Further axes re-divide
/// the ranks of the grid into groups of neighbours: rank r has place r mod n on an axis of size n.
class Mesh {
public:
  struct Axis {
    std::string name;
    int size;
    bool redivides = false;
  };
  /// Error: no name, a name twice, a size below 1, more ranks than an int counts, or a size that does not divide the
  /// ranks which it re-divides.
  static Expected<Mesh> create(std::vector<Axis> axes);
  /// From text such as "dp=2,sp=4".
  static Expected<Mesh> parse(std::string_view text);

  std::span<const Axis> axes() const { return axes_; }
  int size() const { return size_; }
  /// The place of a rank on each axis.
  std::vector<int> coordinates(int rank) const;
  /// The ranks, rising, that differ from `rank` on these axes of the grid alone, or those of its group on one that
  /// re-divides. Error: there is no such axis, or one that re-divides is not alone.
  Expected<std::vector<int>> group(int rank, std::span<const std::string_view> axes) const;

private:
  std::vector<Axis> axes_;
  int size_ = 1;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_COMMUNICATOR_H
