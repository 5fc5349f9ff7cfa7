// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One rank of a program that several run together: where it stands in the mesh, and the collectives of the program.
#ifndef VEOMNI_RUNTIME_CORE_RANKS_H
#define VEOMNI_RUNTIME_CORE_RANKS_H

#include "core/Moving.h"
#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Recipe.h"
#include "veomni/runtime/Status.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

/// An array of tiles as rows in memory: [..., rows of tiles, elements of one such row].
OperandView asItLies(OperandView view, const recipe::Tile &tile);

/// How many rows a dispatch to experts moves between this rank and each of its group.
struct RowCounts {
  std::vector<int64_t> sends, receives; ///< of each rank
  std::vector<int32_t> byExpert;        ///< of each rank, those that it sends to each expert of this one
  int64_t received() const;
  /// The rows that the rank at this place gives to others, there and back.
  int64_t given(int rank) const;
};

/// The mesh of a program; without axes for one rank.
Expected<Mesh> meshOf(const bundle::Bundle &program);
/// "4 ranks (dp_replicate=2, sp=2)", or "one rank".
std::string meshText(const Mesh &mesh);

/// Bytes that the rank at place `rank` of `ranks` gives to others in a collective over `sources`.
uint64_t bytesGiven(const bundle::Collective &collective, std::span<const CollectiveOperand> sources, int ranks,
                    int rank);
/// Bytes of one row [1, ...].
int64_t rowBytesOf(const OperandView &rows);

class Ranks {
public:
  /// Connects this rank with the others of its groups, one for every axis of the mesh, and with all. Error: the world
  /// has another size than the mesh, or none was given and the mesh needs one.
  static Expected<std::unique_ptr<Ranks>> connect(const Mesh &mesh, std::shared_ptr<World> world);

  const Mesh &mesh() const { return mesh_; }
  int rank() const { return world_->rank(); }
  /// The place of this rank on each axis.
  std::span<const int> coordinates() const { return coordinates_; }
  /// An error on every rank unless all give the same digest. `what` is what the digest is of.
  Status agree(std::span<const uint64_t> digest, const std::string &what);
  /// Starts a collective; the first half of `operands` is read, the other written, until it has been finished.
  std::unique_ptr<Moving> start(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                                std::string_view location);
  /// Returns when all memory of a collective is free again, and what it writes is there.
  Status finish(std::unique_ptr<Moving> moving);
  /// Tells the ranks along an axis how many rows they will be sent. Row `offsets[e]` is the first of `rows` that goes
  /// to expert e; each rank has as many experts. Error: offsets that do not rise from 0 to `rows`.
  Expected<RowCounts> countRows(uint32_t axis, std::span<const int32_t> offsets, int64_t rows,
                                std::string_view location);
  /// Gives the first `sends[0]` rows of `from` to the first rank along an axis, and so on, and puts what ranks give
  /// into `to`, the first rank's first.
  Status moveRows(uint32_t axis, std::span<const int64_t> sends, const CollectiveOperand &from,
                  std::span<const int64_t> receives, const CollectiveOperand &to, std::string_view location);
  /// Writes for each received row the number of its expert among those of this rank.
  static void numberRows(const RowCounts &counts, const CollectiveOperand &to);
  /// Ends the collectives of all ranks, since this one failed.
  void abort(std::string_view why);

private:
  Ranks(Mesh mesh, std::shared_ptr<World> world) : mesh_(std::move(mesh)), world_(std::move(world)) {}
  Mesh mesh_;
  std::shared_ptr<World> world_;
  std::vector<int> coordinates_;
  std::vector<std::unique_ptr<Communicator>> axes_; // one an axis
  std::unique_ptr<Communicator> all_;
  std::vector<std::unique_ptr<Moving>> resting_; // whose memory is used again
  std::vector<std::byte> sent_, received_;       // rows between buffers and the exchange; grows, never shrinks
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_RANKS_H
