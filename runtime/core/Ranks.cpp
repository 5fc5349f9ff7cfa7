// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a rank stands among the others, and the rows that it exchanges with those that have their experts.
#include "core/Ranks.h"

#include "comm/Parts.h"
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

std::unique_ptr<Moving> Ranks::start(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                                     std::string_view location) {
  std::unique_ptr<Moving> moving = resting_.empty() ? std::make_unique<Moving>() : std::move(resting_.back());
  if (!resting_.empty())
    resting_.pop_back();
  moving->start(collective, operands, *axes_[collective.mesh_axis()], location);
  return moving;
}

Status Ranks::finish(std::unique_ptr<Moving> moving) {
  Status status = moving->wait();
  resting_.push_back(std::move(moving));
  return status;
}

OperandView asItLies(OperandView view, const recipe::Tile &tile) {
  if (!tile)
    return view;
  const size_t rank = view.shape.size();
  auto tiles = [](int64_t size, int64_t tile) { return size / tile + (size % tile != 0); };
  view.shape[rank - 1] = tiles(view.shape[rank - 1], tile.columns) * tile.columns * tile.rows;
  view.shape[rank - 2] = tiles(view.shape[rank - 2], tile.rows);
  return view;
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

Status Ranks::moveRows(uint32_t axis, std::span<const int64_t> sends, const CollectiveOperand &from,
                       std::span<const int64_t> receives, const CollectiveOperand &to, std::string_view location) {
  Communicator &group = *axes_[axis];
  const Box source = from.box(), target = to.box();
  const int64_t bytes = from.elementBytes();
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

} // namespace veomni
