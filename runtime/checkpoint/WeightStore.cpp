// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All weights of a program in memory: those that files hold as they are stay there, others are made by their recipes.
#include "veomni/runtime/WeightStore.h"

#include "Convert.h"
#include "LazyValue.h"
#include "Materialise.h"
#include "Problems.h"
#include "SourcePages.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <system_error>
#include <tuple>

#include <sys/mman.h>

namespace veomni {
namespace {

constexpr uint64_t alignment = 64;
/// What weights without elements point to.
alignas(alignment) constexpr std::byte nothing[alignment] = {};

/// Equal for weights that are the same memory.
std::string identityOf(const bundle::Weight &weight, const recipe::Places &places) {
  std::string text = recipe::tileOf(*weight.type()).text();
  auto number = [&](auto value) { text += " " + std::to_string(value); };
  // What the recipe makes is the type, but for its layout in memory, which is rows without gaps or tiles.
  for (const bundle::Step *step : *weight.steps()) {
    number(int(step->kind()));
    number(int(step->dtype()));
    number(step->count());
    number(step->dim());
    number(step->start() ? step->start()->value() : 0);
    number(step->size() ? step->size()->value() : 0);
    number(step->dims() ? step->dims()->size() : 0);
    for (uint32_t i = 0; step->dims() && i < step->dims()->size(); ++i)
      number(step->dims()->Get(i));
    number(step->key() ? step->key()->size() : 0);
    if (step->key())
      text += " " + step->key()->str();
    for (const recipe::Place &place : places)
      if (step->kind() == bundle::StepKind::part && place.meshAxis == step->key()->string_view())
        number(place.index);
  }
  return text;
}

/// A weight that must be written.
struct Job {
  size_t rank, weight;
  LazyValue value;
  uint64_t offset;
};

/// What one thread does at a time: a part of what a weight has from one tensor.
struct Task {
  FileRange from;
  uint32_t writer;
  int64_t part;
};

/// Does all jobs in the order in which their numbers lie in the files, not weight by weight: files are then read from
/// front to back, what two weights need is read once, and no thread waits for the last part of a weight.
void run(const std::vector<Job> &jobs, const Checkpoint &checkpoint, std::byte *memory, const ParallelFor &parallel,
         Progress &progress) {
  PieceWriters writers;
  for (const Job &job : jobs)
    (job.value.tile ? addTileWriters : addRowWriters)(job.value, checkpoint, memory + job.offset, writers);

  SourcePages pages(checkpoint);
  auto rangesOf = [](const PieceWriter &writer, const ElementRange &range) -> SourcePages::Ranges {
    return {writer.elements().bytesOf(range), writer.elements().scaleBytesOf(range)};
  };
  std::vector<Task> tasks;
  uint64_t total = 0;
  for (uint32_t i = 0; i < writers.size(); ++i)
    for (int64_t part = 0; part < writers[i]->parts(); ++part) {
      const ElementRange range = writers[i]->source(part);
      const SourcePages::Ranges ranges = rangesOf(*writers[i], range);
      pages.addReader(ranges);
      tasks.push_back({ranges[0], i, part});
      total += uint64_t(range.count) * writers[i]->elements().size();
    }
  progress.total = total;
  std::ranges::sort(
      tasks, {}, [](const Task &task) { return std::tuple(task.from.file, task.from.begin, task.writer, task.part); });

  parallel(int64_t(tasks.size()), [&](int64_t index) {
    const Task &task = tasks[size_t(index)];
    const PieceWriter &writer = *writers[task.writer];
    const ElementRange range = writer.source(task.part);
    const SourcePages::Ranges ranges = rangesOf(writer, range);
    pages.begin(ranges, range.isDense());
    writer.write(task.part);
    pages.end(ranges);
    progress.done.fetch_add(uint64_t(range.count) * writer.elements().size(), std::memory_order_relaxed);
  });
}

} // namespace

void WeightStore::Unmap::operator()(std::byte *memory) const { ::munmap(memory, size); }

/// Zeros.
Expected<WeightStore::Memory> WeightStore::allocate(uint64_t size, const std::string &checkpoint) {
  if (size == 0)
    return Memory();
  void *memory = MAP_FAILED;
  errno = ENOMEM;
  if (size <= std::numeric_limits<size_t>::max())
    memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return Status::error(checkpoint + ": cannot allocate " + std::to_string(size) +
                         " bytes for its weights: " + std::generic_category().message(errno));
  // Huge pages save most of the faults while the block is filled and most of the address translation when it is read.
  // Only a hint.
  (void)::madvise(memory, size, MADV_HUGEPAGE);
  return Memory(static_cast<std::byte *>(memory), Unmap{size});
}

Expected<WeightStore> WeightStore::materialise(const flatbuffers::Vector<flatbuffers::Offset<bundle::Weight>> &weights,
                                               const Checkpoint &checkpoint, const ParallelFor &parallel,
                                               Progress *progress, std::span<const recipe::Places> ranks) {
  static const recipe::Places nowhere;
  if (ranks.empty())
    ranks = std::span(&nowhere, 1);
  WeightStore store;
  store.data_.assign(ranks.size(), std::vector<const void *>(weights.size(), nothing));
  struct Origin {
    size_t rank, weight;
  };
  std::vector<std::vector<Origin>> sameAs(ranks.size(), std::vector<Origin>(weights.size()));
  std::vector<Job> jobs;
  std::map<std::string, Origin> known;
  Problems problems(checkpoint.path());
  uint64_t total = 0;
  auto add = [&](uint32_t rank, uint32_t index) {
    const bundle::Weight &weight = *weights.Get(index);
    LazyValue value = evaluateRecipe(weight, checkpoint, ranks[rank], problems);
    if (!problems.empty())
      return; // the rest is only checked
    auto [origin, isNew] = known.try_emplace(identityOf(weight, ranks[rank]), rank, index);
    sameAs[rank][index] = origin->second;
    const uint64_t size = *recipe::storedBytes(value);
    if (!isNew || size == 0)
      return;
    if (std::optional<int64_t> place = value.placeInTensor()) {
      const std::byte *inFile =
          checkpoint.data(*value.pieces[0].tensor).data() + *place * int64_t(elementBytes(value.type));
      if (reinterpret_cast<uintptr_t>(inFile) % elementBytes(value.type) == 0) {
        store.data_[rank][index] = inFile;
        store.bytesInFiles_ += size;
        return;
      }
    }
    jobs.push_back({rank, index, std::move(value), total});
    if (__builtin_add_overflow(total, size, &total) || __builtin_add_overflow(total, alignment - 1, &total))
      problems.add("its weights need more than 2^64 bytes");
    else
      total = total / alignment * alignment;
  };
  for (uint32_t i = 0; i < weights.size(); ++i)
    for (uint32_t rank = 0; rank < ranks.size(); ++rank) {
      if (rank == 0 || recipe::dependsOnRank(*weights.Get(i)))
        add(rank, i);
      else
        sameAs[rank][i] = sameAs[0][i];
    }
  if (!problems.empty())
    return problems.status();

  Expected<Memory> memory = allocate(total, checkpoint.path());
  if (!memory)
    return memory.status();
  store.memory_ = std::move(*memory);
  Progress unwatched;
  run(jobs, checkpoint, store.memory_.get(), parallel, progress ? *progress : unwatched);
  for (const Job &job : jobs)
    store.data_[job.rank][job.weight] = store.memory_.get() + job.offset;
  for (size_t rank = 0; rank < ranks.size(); ++rank)
    for (size_t i = 0; i < weights.size(); ++i)
      store.data_[rank][i] = store.data_[sameAs[rank][i].rank][sameAs[rank][i].weight];
  return store;
}

} // namespace veomni
