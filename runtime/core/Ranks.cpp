// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collectives over buffers of any strides: what goes to one rank is packed, exchanged and put where it belongs.
#include "core/Ranks.h"

#include "comm/Parts.h"
#include "core/Boxes.h"
#include "veomni/runtime/CollectiveKinds.h"
#include "veomni/runtime/Tensor.h"

#include <algorithm>
#include <numeric>

namespace veomni {

Expected<Mesh> meshOf(const bundle::Bundle &program) {
  std::vector<Mesh::Axis> axes;
  if (program.mesh())
    for (const bundle::MeshAxis *axis : *program.mesh())
      axes.push_back({axis->name()->str(), int(axis->size()), axis->redivides()});
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

OperandView asItLies(OperandView view, const recipe::Tile &tile) {
  if (!tile)
    return view;
  const size_t rank = view.shape.size();
  auto tiles = [](int64_t size, int64_t tile) { return size / tile + (size % tile != 0); };
  view.shape[rank - 1] = tiles(view.shape[rank - 1], tile.columns) * tile.columns * tile.rows;
  view.shape[rank - 2] = tiles(view.shape[rank - 2], tile.rows);
  return view;
}

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

/// The part of a dim that a rank has.
static Box partOf(const Box &whole, size_t dim, int ranks, int rank) {
  return whole.part(dim, partStart(whole.sizes[dim], ranks, rank), partSize(whole.sizes[dim], ranks, rank));
}

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
  case bundle::CollectiveKind::all_reduce:
  case bundle::CollectiveKind::reduce_scatter:
    return reduce(collective, operands, location);
  }
  return Status::error("collective " + std::to_string(int(collective.kind())) + " is unknown");
}

int64_t RowCounts::received() const { return std::accumulate(receives.begin(), receives.end(), int64_t(0)); }

int64_t RowCounts::given(int rank) const {
  auto toOthers = [&](const std::vector<int64_t> &rows) {
    return std::accumulate(rows.begin(), rows.end(), int64_t(0)) - rows[size_t(rank)];
  };
  return toOthers(sends) + toOthers(receives);
}

int64_t rowBytesOf(const OperandView &rows) {
  auto bytes = int64_t(elementSize(rows.dtype));
  for (size_t dim = 1; dim < rows.shape.size(); ++dim)
    bytes *= rows.shape[dim];
  return bytes;
}

uint64_t bytesGiven(const bundle::Collective &collective, std::span<const CollectiveOperand> sources, int ranks,
                    int rank) {
  using enum bundle::CollectiveKind;
  uint64_t bytes = 0;
  const auto others = uint64_t(ranks - 1);
  for (const auto &[source, data] : sources) {
    const int64_t elements = elementCount(source.shape);
    const uint64_t size = elementSize(source.dtype), all = uint64_t(elements) * size;
    if (collective.kind() == all_gather) {
      bytes += all * others;
    } else if (collective.kind() == all_reduce) { // the shares of others, then its own sums to each of them
      const uint64_t share = uint64_t(partSize(elements, ranks, rank)) * size;
      bytes += all - share + share * others;
    } else if (collective.kind() != all_slice) {
      if (const int64_t whole = source.shape[collective.split_dim()]; whole != 0)
        bytes += all - all / uint64_t(whole) * uint64_t(partSize(whole, ranks, rank)); // all but what it keeps
    }
  }
  return bytes;
}

Expected<RowCounts> Ranks::countRows(uint32_t axis, std::span<const int32_t> offsets, int64_t rows,
                                     std::string_view location) {
  Communicator &group = *axes_[axis];
  const auto ranks = size_t(group.size()), local = (offsets.size() - 1) / ranks;
  std::vector<int32_t> given;
  for (size_t expert = 0; expert + 1 < offsets.size(); ++expert) {
    if (offsets[expert] > offsets[expert + 1])
      return Status::error("rows of expert " + std::to_string(expert) + " begin at " + std::to_string(offsets[expert]) +
                           " and end at " + std::to_string(offsets[expert + 1]));
    given.push_back(offsets[expert + 1] - offsets[expert]);
  }
  if (offsets.front() != 0 || offsets.back() != rows)
    return Status::error("rows of experts begin at " + std::to_string(offsets.front()) + " and end at " +
                         std::to_string(offsets.back()) + ", expected 0 and " + std::to_string(rows));
  RowCounts counts;
  counts.byExpert.resize(given.size());
  const std::vector<int64_t> each(ranks, int64_t(local));
  if (Status status =
          group.allToAll(bundle::DType::i32, given.data(), each, counts.byExpert.data(), each, location).wait();
      !status)
    return status;
  auto sumsOf = [&](const std::vector<int32_t> &experts, std::vector<int64_t> &sums) {
    for (size_t rank = 0; rank < ranks; ++rank) {
      const auto first = experts.begin() + std::ptrdiff_t(rank * local);
      sums.push_back(std::accumulate(first, first + std::ptrdiff_t(local), int64_t(0)));
    }
  };
  sumsOf(given, counts.sends);
  sumsOf(counts.byExpert, counts.receives);
  if (std::ranges::any_of(counts.byExpert, [](int32_t count) { return count < 0; }))
    return Status::error("a rank says that it sends fewer than no rows");
  return counts;
}

void Ranks::numberRows(const RowCounts &counts, const CollectiveOperand &to) {
  const size_t local = counts.byExpert.size() / counts.receives.size();
  const int64_t stride = to.view.rowStride == 0 ? 1 : to.view.rowStride;
  auto *number = static_cast<int32_t *>(to.data);
  for (size_t i = 0; i < counts.byExpert.size(); ++i)
    for (int32_t row = 0; row < counts.byExpert[i]; ++row, number += stride)
      *number = int32_t(i % local);
}

void Ranks::slice(const bundle::Collective &collective, std::span<const CollectiveOperand> operands) const {
  const size_t half = operands.size() / 2, dim = collective.split_dim(), axis = collective.mesh_axis();
  for (size_t i = 0; i < half; ++i) {
    const Box from = boxOf(operands[i]), to = boxOf(operands[half + i]);
    copyBox(partOf(from, dim, mesh_.axes()[axis].size, coordinates_[axis]), to, bytesOf(operands[i]));
  }
}

/// Whether the parts of a dim lie one behind the other in a whole without gaps.
static bool partsFollow(const Box &whole, size_t dim) {
  return std::all_of(whole.sizes.begin(), whole.sizes.begin() + std::ptrdiff_t(dim),
                     [](int64_t size) { return size == 1; });
}

/// Whether nothing needs to be packed: large outputs lie as they move.
static bool liesAsItMoves(const Box &part, const Box &whole, size_t dim, int64_t elementBytes) {
  return partsFollow(whole, dim) && part.isDense(elementBytes) && whole.isDense(elementBytes);
}

/// Copies a box to memory without gaps; where the next one goes.
static std::byte *pack(std::byte *to, const Box &from, int64_t elementBytes) {
  copyBox(from, Box::dense(to, from.sizes, elementBytes), elementBytes);
  return to + from.elements() * elementBytes;
}

void Ranks::unpack(const bundle::Collective &collective, std::span<const CollectiveOperand> targets) {
  const int ranks = axes_[collective.mesh_axis()]->size();
  std::byte *next = received_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (const CollectiveOperand &target : targets) {
      const Box to = partOf(boxOf(target), collective.gather_dim(), ranks, rank);
      copyBox(Box::dense(next, to.sizes, bytesOf(target)), to, bytesOf(target));
      next += to.elements() * bytesOf(target);
    }
}

/// The bytes that each rank has, or is given, of all these.
static std::vector<int64_t> bytesOfParts(std::span<const CollectiveOperand> wholes, size_t dim, int ranks) {
  std::vector<int64_t> bytes(size_t(ranks), 0);
  for (int rank = 0; rank < ranks; ++rank)
    for (const CollectiveOperand &whole : wholes)
      bytes[size_t(rank)] += partOf(boxOf(whole), dim, ranks, rank).elements() * bytesOf(whole);
  return bytes;
}

static int64_t totalOf(const std::vector<int64_t> &counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t(0));
}

static void reserve(std::vector<std::byte> &memory, int64_t bytes) {
  memory.resize(std::max(memory.size(), size_t(bytes)));
}

Status Ranks::moveRows(uint32_t axis, std::span<const int64_t> sends, const CollectiveOperand &from,
                       std::span<const int64_t> receives, const CollectiveOperand &to, std::string_view location) {
  Communicator &group = *axes_[axis];
  const Box source = boxOf(from), target = boxOf(to);
  const int64_t bytes = bytesOf(from);
  const int64_t rowBytes = rowBytesOf(from.view);
  auto inBytes = [&](std::span<const int64_t> rows) {
    std::vector<int64_t> result;
    for (int64_t count : rows)
      result.push_back(count * rowBytes);
    return result;
  };
  const std::vector<int64_t> sent = inBytes(sends), received = inBytes(receives);
  // Rows that lie one behind the other move as they are.
  const void *in = from.data;
  void *out = to.data;
  if (!source.isDense(bytes)) {
    reserve(sent_, totalOf(sent));
    copyBox(source, Box::dense(sent_.data(), source.sizes, bytes), bytes);
    in = sent_.data();
  }
  const bool isDense = target.isDense(bytes);
  if (!isDense) {
    reserve(received_, totalOf(received));
    out = received_.data();
  }
  if (Status status = group.allToAll(bundle::DType::u8, in, sent, out, received, location).wait(); !status)
    return status;
  if (!isDense)
    copyBox(Box::dense(received_.data(), target.sizes, bytes), target, bytes);
  return Status::ok();
}

Status Ranks::gather(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                     std::string_view location) {
  Communicator &group = *axes_[collective.mesh_axis()];
  const auto sources = operands.first(operands.size() / 2), targets = operands.subspan(operands.size() / 2);
  const std::vector<int64_t> counts = bytesOfParts(targets, collective.gather_dim(), group.size());
  const int64_t own = counts[size_t(group.rank())];
  if (sources.size() == 1 &&
      liesAsItMoves(boxOf(sources.front()), boxOf(targets.front()), collective.gather_dim(), bytesOf(sources.front())))
    return group.allGather(bundle::DType::u8, sources.front().data, counts, targets.front().data, location).wait();
  reserve(sent_, own);
  reserve(received_, totalOf(counts));
  std::byte *next = sent_.data();
  for (const CollectiveOperand &source : sources)
    next = pack(next, boxOf(source), bytesOf(source));
  if (Status status = group.allGather(bundle::DType::u8, sent_.data(), counts, received_.data(), location).wait();
      !status)
    return status;
  unpack(collective, targets);
  return Status::ok();
}

Status Ranks::reduce(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                     std::string_view location) {
  Communicator &group = *axes_[collective.mesh_axis()];
  const bool scatters = bundle::splits(collective.kind());
  const size_t half = operands.size() / 2, dim = collective.split_dim();
  for (size_t i = 0; i < half; ++i) {
    const Box source = boxOf(operands[i]), target = boxOf(operands[half + i]);
    const int64_t bytes = bytesOf(operands[i]);
    // Of what goes to the others, there are no gaps within a rank's part or between two.
    std::vector<Box> parts;
    for (int rank = 0; scatters && rank < group.size(); ++rank)
      parts.push_back(partOf(source, dim, group.size(), rank));
    if (!scatters)
      parts.push_back(source);
    const void *in = source.data;
    if (!source.isDense(bytes) || (scatters && !partsFollow(source, dim))) {
      reserve(sent_, source.elements() * bytes);
      std::byte *next = sent_.data();
      for (const Box &part : parts)
        next = pack(next, part, bytes);
      in = sent_.data();
    }
    void *out = target.data;
    const bool isDense = target.isDense(bytes);
    if (!isDense) {
      reserve(received_, target.elements() * bytes);
      out = received_.data();
    }
    std::vector<int64_t> counts;
    for (const Box &part : parts)
      counts.push_back(part.elements());
    const bundle::DType type = operands[i].view.dtype;
    const CommEvent event = scatters ? group.reduceScatter(type, Reduction::sum, in, counts, out, location)
                                     : group.allReduce(type, Reduction::sum, in, counts.front(), out, location);
    if (Status status = event.wait(); !status)
      return status;
    if (!isDense)
      copyBox(Box::dense(out, target.sizes, bytes), target, bytes);
  }
  return Status::ok();
}

Status Ranks::exchange(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                       std::string_view location) {
  Communicator &group = *axes_[collective.mesh_axis()];
  const int ranks = group.size();
  const auto sources = operands.first(operands.size() / 2), targets = operands.subspan(operands.size() / 2);
  const std::vector<int64_t> sends = bytesOfParts(sources, collective.split_dim(), ranks),
                             receives = bytesOfParts(targets, collective.gather_dim(), ranks);
  reserve(sent_, totalOf(sends));
  reserve(received_, totalOf(receives));
  std::byte *next = sent_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (const CollectiveOperand &source : sources)
      next = pack(next, partOf(boxOf(source), collective.split_dim(), ranks, rank), bytesOf(source));
  if (Status status =
          group.allToAll(bundle::DType::u8, sent_.data(), sends, received_.data(), receives, location).wait();
      !status)
    return status;
  unpack(collective, targets);
  return Status::ok();
}

} // namespace veomni
