// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One rank of a program that several run together: where it stands in the mesh, and the collectives of the program.
#ifndef VEOMNI_RUNTIME_CORE_RANKS_H
#define VEOMNI_RUNTIME_CORE_RANKS_H

#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Hooks.h"
#include "veomni/runtime/Status.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

/// An operand of a collective: what the hooks see of it, and its memory.
struct CollectiveOperand {
  OperandView view;
  void *data;
};

/// The mesh of a program; without axes for one rank.
Expected<Mesh> meshOf(const bundle::Bundle &program);
/// "4 ranks (dp_replicate=2, sp=2)", or "one rank".
std::string meshText(const Mesh &mesh);

class Ranks {
public:
  /// Connects this rank with the others of its groups, one for every axis of the mesh, and with all. Error: the world
  /// has another size than the mesh, or none was given and the mesh needs one.
  static Expected<std::unique_ptr<Ranks>> connect(const Mesh &mesh, std::shared_ptr<World> world);

  const Mesh &mesh() const { return mesh_; }
  /// The place of this rank on each axis.
  std::span<const int> coordinates() const { return coordinates_; }
  /// An error on every rank unless all give the same digest. `what` is what the digest is of.
  Status agree(std::span<const uint64_t> digest, const std::string &what);
  /// Runs a collective; the first half of `operands` is read, the other written. Returns when all memory is free again.
  Status run(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
             std::string_view location);
  /// Bytes that this rank has given to other ranks in collectives.
  uint64_t sentBytes() const { return sentBytes_; }
  /// Ends the collectives of all ranks, since this one failed.
  void abort(std::string_view why);

private:
  Ranks(Mesh mesh, std::shared_ptr<World> world) : mesh_(std::move(mesh)), world_(std::move(world)) {}
  void slice(const bundle::Collective &collective, std::span<const CollectiveOperand> operands) const;
  /// Puts what came in, part by part, where it belongs in the wholes.
  void unpack(const bundle::Collective &collective, std::span<const CollectiveOperand> targets);
  Status gather(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                std::string_view location);
  Status exchange(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                  std::string_view location);

  Mesh mesh_;
  std::shared_ptr<World> world_;
  std::vector<int> coordinates_;
  std::vector<std::unique_ptr<Communicator>> axes_; // one an axis
  std::unique_ptr<Communicator> all_;
  std::vector<std::byte> sent_, received_; // what lies between buffers and the exchange; grows, never shrinks
  uint64_t sentBytes_ = 0;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_RANKS_H
