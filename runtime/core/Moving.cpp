// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packs, exchanges and unpacks the operands of one collective, in two steps so that others may run between them.
#include "core/Moving.h"

#include "comm/Parts.h"
#include "veomni/runtime/CollectiveKinds.h"
#include "veomni/runtime/Tensor.h"

#include <algorithm>
#include <numeric>

namespace veomni {

int64_t CollectiveOperand::elementBytes() const { return int64_t(elementSize(view.dtype)); }

Box CollectiveOperand::box() const {
  const int64_t bytes = elementBytes();
  Box box = Box::dense(data, view.shape, bytes);
  if (view.rowStride == 0)
    return box;
  int64_t stride = view.rowStride * bytes;
  for (size_t dim = view.shape.size() - view.rowRank; dim-- > 0; stride *= view.shape[dim])
    box.strides[dim] = stride;
  return box;
}

/// The part of a dim that a rank has.
static Box partOf(const Box &whole, size_t dim, int ranks, int rank) {
  return whole.part(dim, partStart(whole.sizes[dim], ranks, rank), partSize(whole.sizes[dim], ranks, rank));
}

/// Whether the parts of a dim lie one behind the other in a whole without gaps.
static bool partsFollow(const Box &whole, size_t dim) {
  return std::all_of(whole.sizes.begin(), whole.sizes.begin() + std::ptrdiff_t(dim),
                     [](int64_t size) { return size == 1; });
}

/// Whether nothing needs to be packed: large outputs lie as they move.
static bool liesAsItMoves(const CollectiveOperand &part, const CollectiveOperand &whole, size_t dim) {
  return partsFollow(whole.box(), dim) && part.box().isDense(part.elementBytes()) &&
         whole.box().isDense(whole.elementBytes());
}

/// Copies a box to memory without gaps; where the next one goes.
static std::byte *pack(std::byte *to, const Box &from, int64_t elementBytes) {
  copyBox(from, Box::dense(to, from.sizes, elementBytes), elementBytes);
  return to + from.elements() * elementBytes;
}

/// The bytes that each rank has, or is given, of all these.
static std::vector<int64_t> bytesOfParts(std::span<const CollectiveOperand> wholes, size_t dim, int ranks) {
  std::vector<int64_t> bytes(size_t(ranks), 0);
  for (int rank = 0; rank < ranks; ++rank)
    for (const CollectiveOperand &whole : wholes)
      bytes[size_t(rank)] += partOf(whole.box(), dim, ranks, rank).elements() * whole.elementBytes();
  return bytes;
}

/// Of all operands that do not lie as they move.
static int64_t bytesOfAll(std::span<const CollectiveOperand> operands, auto liesAsItMoves) {
  return std::accumulate(operands.begin(), operands.end(), int64_t(0), [&](int64_t sum, const CollectiveOperand &each) {
    return liesAsItMoves(each) ? sum : sum + elementCount(each.view.shape) * each.elementBytes();
  });
}

void Moving::start(const bundle::Collective &collective, std::span<const CollectiveOperand> operands,
                   Communicator &group, std::string_view location) {
  operands_.assign(operands.begin(), operands.end());
  events_.clear(), arrivals_.clear();
  switch (collective.kind()) {
  case bundle::CollectiveKind::all_slice:
    return slice(collective.split_dim(), group);
  case bundle::CollectiveKind::all_gather:
    return gather(collective.gather_dim(), group, location);
  case bundle::CollectiveKind::all_to_all:
    return exchange(collective.split_dim(), collective.gather_dim(), group, location);
  case bundle::CollectiveKind::all_reduce:
  case bundle::CollectiveKind::reduce_scatter:
    return reduce(collective, group, location);
  }
}

Status Moving::wait() {
  // Also behind one that failed: nothing may touch the memory when this returns.
  Status status = Status::ok();
  for (const CommEvent &event : events_)
    if (Status ended = event.wait(); status && !ended)
      status = std::move(ended);
  if (status)
    for (const auto &[from, to, elementBytes] : arrivals_)
      copyBox(from, to, elementBytes);
  return status;
}

std::pair<CommEvent::Time, CommEvent::Time> Moving::times() const {
  return {events_.front().times().first, events_.back().times().second};
}

void Moving::slice(size_t dim, Communicator &group) {
  for (size_t i = 0; i < sources().size(); ++i)
    copyBox(partOf(sources()[i].box(), dim, group.size(), group.rank()), targets()[i].box(),
            sources()[i].elementBytes());
}

void Moving::unpackLater(size_t dim, int ranks) {
  std::byte *next = received_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (const CollectiveOperand &target : targets()) {
      const Box to = partOf(target.box(), dim, ranks, rank);
      arrivals_.push_back({Box::dense(next, to.sizes, target.elementBytes()), to, target.elementBytes()});
      next += to.elements() * target.elementBytes();
    }
}

void Moving::gather(size_t dim, Communicator &group, std::string_view location) {
  bool lieAsTheyMove = true;
  for (size_t i = 0; i < sources().size(); ++i)
    lieAsTheyMove &= liesAsItMoves(sources()[i], targets()[i], dim);
  if (lieAsTheyMove) {
    for (size_t i = 0; i < sources().size(); ++i)
      events_.push_back(group.allGather(bundle::DType::u8, sources()[i].data,
                                        bytesOfParts(targets().subspan(i, 1), dim, group.size()), targets()[i].data,
                                        location));
    return;
  }
  const std::vector<int64_t> counts = bytesOfParts(targets(), dim, group.size());
  reserve(sent_, counts[size_t(group.rank())]);
  reserve(received_, totalOf(counts));
  std::byte *next = sent_.data();
  for (const CollectiveOperand &source : sources())
    next = pack(next, source.box(), source.elementBytes());
  events_.push_back(group.allGather(bundle::DType::u8, sent_.data(), counts, received_.data(), location));
  unpackLater(dim, group.size());
}

void Moving::exchange(size_t split, size_t gather, Communicator &group, std::string_view location) {
  const int ranks = group.size();
  const std::vector<int64_t> sends = bytesOfParts(sources(), split, ranks),
                             receives = bytesOfParts(targets(), gather, ranks);
  reserve(sent_, totalOf(sends));
  reserve(received_, totalOf(receives));
  std::byte *next = sent_.data();
  for (int rank = 0; rank < ranks; ++rank)
    for (const CollectiveOperand &source : sources())
      next = pack(next, partOf(source.box(), split, ranks, rank), source.elementBytes());
  events_.push_back(group.allToAll(bundle::DType::u8, sent_.data(), sends, received_.data(), receives, location));
  unpackLater(gather, ranks);
}

void Moving::reduce(const bundle::Collective &collective, Communicator &group, std::string_view location) {
  const bool scatters = bundle::splits(collective.kind());
  const size_t dim = collective.split_dim();
  auto isDense = [](const CollectiveOperand &each) { return each.box().isDense(each.elementBytes()); };
  // Of what goes to the others, there are no gaps within a rank's part or between two.
  auto goesAsItLies = [&](const CollectiveOperand &each) {
    return isDense(each) && (!scatters || partsFollow(each.box(), dim));
  };
  // Enough for all, so that what has started stays where it is.
  reserve(sent_, bytesOfAll(sources(), goesAsItLies));
  reserve(received_, bytesOfAll(targets(), isDense));
  std::byte *toSend = sent_.data(), *toReceive = received_.data();
  for (size_t i = 0; i < sources().size(); ++i) {
    const Box source = sources()[i].box(), target = targets()[i].box();
    const int64_t bytes = sources()[i].elementBytes();
    std::vector<Box> parts;
    for (int rank = 0; scatters && rank < group.size(); ++rank)
      parts.push_back(partOf(source, dim, group.size(), rank));
    if (!scatters)
      parts.push_back(source);
    const void *in = source.data;
    if (!goesAsItLies(sources()[i])) {
      in = toSend;
      for (const Box &part : parts)
        toSend = pack(toSend, part, bytes);
    }
    void *out = target.data;
    if (!isDense(targets()[i])) {
      out = toReceive;
      toReceive += target.elements() * bytes;
      arrivals_.push_back({Box::dense(out, target.sizes, bytes), target, bytes});
    }
    std::vector<int64_t> counts;
    for (const Box &part : parts)
      counts.push_back(part.elements());
    const bundle::DType type = sources()[i].view.dtype;
    events_.push_back(scatters ? group.reduceScatter(type, Reduction::sum, in, counts, out, location)
                               : group.allReduce(type, Reduction::sum, in, counts.front(), out, location));
  }
}

} // namespace veomni
