// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collectives over buffers of any strides: what goes to one rank is packed, exchanged and put where it belongs.
#include "core/Ranks.h"

#include "core/Boxes.h"
#include "veomni/runtime/Tensor.h"

#include <algorithm>
#include <numeric>

namespace veomni {

Expected<Mesh> meshOf(const bundle::Bundle &program) {
  std::vector<Mesh::Axis> axes;
  if (program.mesh())
    for (const bundle::MeshAxis *axis : *program.mesh())
      axes.push_back({axis->name()->str(), int(axis->size())});
  return Mesh::create(std::move(axes));
}

std::string meshText(const Mesh &mesh) {
  if (mesh.axes().empty())
    return "one rank";
  std::string axes;
  for (const Mesh::Axis &axis : mesh.axes())
    axes += (axes.empty() ? "" : ", ") + axis.name + "=" + std::to_string(axis.size);
  return std::to_string(mesh.size()) + " ranks (" + axes + ")";
}

Expected<std::unique_ptr<Ranks>> Ranks::connect(const Mesh &mesh, std::shared_ptr<World> world) {
  if (!world)
    return Status::error("the program is for " + meshText(mesh) + ", and runs here alone");
  if (world->size() != mesh.size())
    return Status::error("the program is for " + meshText(mesh) + ", but " + std::to_string(world->size()) +
                         (world->size() == 1 ? " runs it" : " run it"));
  std::unique_ptr<Ranks> ranks(new Ranks(mesh, std::move(world)));
  const int rank = ranks->world_->rank();
  ranks->coordinates_ = mesh.coordinates(rank);
  auto connect = [&](std::vector<int> members, const std::string &name) -> Expected<std::unique_ptr<Communicator>> {
    Expected<std::unique_ptr<Transport>> transport = ranks->world_->connect(std::move(members), name);
    if (!transport)
      return transport.status();
    return std::make_unique<Communicator>(std::move(*transport));
  };
  std::vector<int> everybody(size_t(mesh.size()));
  std::iota(everybody.begin(), everybody.end(), 0);
  Expected<std::unique_ptr<Communicator>> all = connect(std::move(everybody), "all");
  if (!all)
    return all.status();
  ranks->all_ = std::move(*all);
  for (const Mesh::Axis &axis : mesh.axes()) {
    const std::string_view name = axis.name;
    Expected<std::vector<int>> members = mesh.group(rank, {&name, 1});
    if (!members)
      return members.status();
    Expected<std::unique_ptr<Communicator>> group = connect(std::move(*members), axis.name);
    if (!group)
      return group.status();
    ranks->axes_.push_back(std::move(*group));
  }
  return ranks;
}

Status Ranks::agree(std::span<const uint64_t> digest, const std::string &what) {
  const std::vector<int64_t> counts(size_t(all_->size()), int64_t(digest.size()));
  std::vector<uint64_t> given(digest.size() * counts.size());
  if (Status status = all_->allGather(bundle::DType::i64, digest.data(), counts, given.data(), what).wait(); !status)
    return status;
  for (size_t rank = 0; rank < counts.size(); ++rank)
    if (!std::equal(digest.begin(), digest.end(), given.begin() + std::ptrdiff_t(rank * digest.size())))
      return Status::error("rank " + std::to_string(all_->rank()) + " and rank " + std::to_string(rank) +
                           " have different " + what);
  return Status::ok();
}

void Ranks::abort(std::string_view why) { world_->abort(why); }

/// Where the elements of an operand lie.
static Box boxOf(const CollectiveOperand &operand) {
  const OperandView &view = operand.view;
  const auto bytes = int64_t(elementSize(view.dtype));
  Box box = Box::dense(operand.data, view.shape, bytes);
  if (view.rowStride == 0)
    return box;
  int64_t stride = view.rowStride * bytes;
  for (size_t dim = view.shape.size() - view.rowRank; dim-- > 0; stride *= view.shape[dim])
    box.strides[dim] = stride;
  return box;
}

static int64_t bytesOf(const CollectiveOperand &operand) { return int64_t(elementSize(operand.view.dtype)); }

Status Ranks::run(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                  std::string_view location) {
  switch (collective.kind()) {
  case bundle::CollectiveKind::all_slice:
    slice(collective, operands);
    return Status::ok();
  case bundle::CollectiveKind::all_gather:
    return gather(collective, operands, location);
  case bundle::CollectiveKind::all_to_all:
    return exchange(collective, operands, location);
  }
  return Status::error("collective " + std::to_string(int(collective.kind())) + " is unknown");
}

void Ranks::slice(const bundle::Collective &collective, std::span<const CollectiveOperand> operands) const {
  const size_t half = operands.size() / 2, dim = collective.split_dim(), axis = collective.mesh_axis();
  for (size_t i = 0; i < half; ++i) {
    const Box from = boxOf(operands[i]), to = boxOf(operands[half + i]);
    const int64_t start = partStart(from.sizes[dim], mesh_.axes()[axis].size, coordinates_[axis]);
    copyBox(from.part(dim, start, to.sizes[dim]), to, bytesOf(operands[i]));
  }
}

/// Whether parts lie one behind the other in the whole, so that nothing needs to be packed: large outputs do.
static bool liesAsItMoves(const Box &part, const Box &whole, size_t dim, int64_t elementBytes) {
  for (size_t outer = 0; outer < dim; ++outer)
    if (whole.sizes[outer] != 1)
      return false;
  return part.isDense(elementBytes) && whole.isDense(elementBytes);
}

Status Ranks::gather(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                     std::string_view location) {
  Communicator &group = *axes_[collective.mesh_axis()];
  const size_t half = operands.size() / 2, dim = collective.gather_dim();
  const int ranks = group.size();
  // The bytes that each rank has of all operands, one behind the other.
  std::vector<int64_t> counts(size_t(ranks), 0);
  for (size_t i = 0; i < half; ++i)
    for (int rank = 0; rank < ranks; ++rank) {
      std::vector<int64_t> sizes = operands[half + i].view.shape;
      sizes[dim] = partSize(sizes[dim], ranks, rank);
      counts[size_t(rank)] += Box::dense(nullptr, sizes, 1).elements() * bytesOf(operands[i]);
    }
  sentBytes_ += uint64_t(counts[size_t(group.rank())]) * uint64_t(ranks - 1);
  if (half == 1 && liesAsItMoves(boxOf(operands[0]), boxOf(operands[1]), dim, bytesOf(operands[0])))
    return group.allGather(bundle::DType::u8, operands[0].data, counts, operands[1].data, location).wait();
  sent_.resize(std::max(sent_.size(), size_t(counts[size_t(group.rank())])));
  received_.resize(std::max(received_.size(), size_t(std::accumulate(counts.begin(), counts.end(), int64_t(0)))));
  std::byte *next = sent_.data();
  for (size_t i = 0; i < half; ++i) {
    const Box from = boxOf(operands[i]);
    copyBox(from, Box::dense(next, from.sizes, bytesOf(operands[i])), bytesOf(operands[i]));
    next += from.elements() * bytesOf(operands[i]);
  }
  if (Status status = group.allGather(bundle::DType::u8, sent_.data(), counts, received_.data(), location).wait();
      !status)
    return status;
  next = received_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (size_t i = 0; i < half; ++i) {
      const Box whole = boxOf(operands[half + i]);
      const Box to = whole.part(dim, partStart(whole.sizes[dim], ranks, rank), partSize(whole.sizes[dim], ranks, rank));
      copyBox(Box::dense(next, to.sizes, bytesOf(operands[i])), to, bytesOf(operands[i]));
      next += to.elements() * bytesOf(operands[i]);
    }
  return Status::ok();
}

Status Ranks::exchange(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                       std::string_view location) {
  Communicator &group = *axes_[collective.mesh_axis()];
  const size_t half = operands.size() / 2, gathered = collective.gather_dim(), split = collective.split_dim();
  const int ranks = group.size();
  std::vector<int64_t> sends(size_t(ranks), 0), receives(size_t(ranks), 0);
  // What a rank is given of an operand, and what it gives of it.
  auto given = [&](const Box &from, int rank) {
    const int64_t whole = from.sizes[split];
    return from.part(split, partStart(whole, ranks, rank), partSize(whole, ranks, rank));
  };
  auto taken = [&](const Box &to, int rank) {
    const int64_t whole = to.sizes[gathered];
    return to.part(gathered, partStart(whole, ranks, rank), partSize(whole, ranks, rank));
  };
  for (int rank = 0; rank < ranks; ++rank)
    for (size_t i = 0; i < half; ++i) {
      sends[size_t(rank)] += given(boxOf(operands[i]), rank).elements() * bytesOf(operands[i]);
      receives[size_t(rank)] += taken(boxOf(operands[half + i]), rank).elements() * bytesOf(operands[i]);
    }
  const int64_t out = std::accumulate(sends.begin(), sends.end(), int64_t(0));
  sent_.resize(std::max(sent_.size(), size_t(out)));
  received_.resize(std::max(received_.size(), size_t(std::accumulate(receives.begin(), receives.end(), int64_t(0)))));
  std::byte *next = sent_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (size_t i = 0; i < half; ++i) {
      const Box from = given(boxOf(operands[i]), rank);
      copyBox(from, Box::dense(next, from.sizes, bytesOf(operands[i])), bytesOf(operands[i]));
      next += from.elements() * bytesOf(operands[i]);
    }
  sentBytes_ += uint64_t(out - sends[size_t(group.rank())]);
  if (Status status =
          group.allToAll(bundle::DType::u8, sent_.data(), sends, received_.data(), receives, location).wait();
      !status)
    return status;
  next = received_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (size_t i = 0; i < half; ++i) {
      const Box to = taken(boxOf(operands[half + i]), rank);
      copyBox(Box::dense(next, to.sizes, bytesOf(operands[i])), to, bytesOf(operands[i]));
      next += to.elements() * bytesOf(operands[i]);
    }
  return Status::ok();
}

} // namespace veomni
