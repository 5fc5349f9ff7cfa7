// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All weights of a program in memory: those that files hold as they are stay there, others are made by their recipes.
#include "veomni/runtime/WeightStore.h"

#include "Convert.h"
#include "LazyValue.h"
#include "Materialise.h"
#include "Problems.h"

#include <cerrno>
#include <limits>
#include <map>
#include <set>
#include <system_error>

#include <sys/mman.h>

namespace veomni {
namespace {

constexpr uint64_t alignment = 64;
/// What weights without elements point to.
alignas(alignment) constexpr std::byte nothing[alignment] = {};

/// Equal for weights that are the same memory.
std::string identityOf(const bundle::Weight &weight) {
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
  }
  return text;
}

/// A weight that must be written.
struct Job {
  size_t weight;
  LazyValue value;
  uint64_t offset;
};

/// Knows when a tensor has been read for the last time.
class Readers {
public:
  void keep(const TensorInfo *tensor) { kept_.insert(tensor); }
  void add(const LazyValue &value) {
    forEachTensor(value, [&](const TensorInfo *tensor) { ++readers_[tensor]; });
  }
  void done(const LazyValue &value, const Checkpoint &checkpoint) {
    forEachTensor(value, [&](const TensorInfo *tensor) {
      if (--readers_[tensor] == 0 && !kept_.contains(tensor))
        checkpoint.release(*tensor);
    });
  }

private:
  template <typename Fn> static void forEachTensor(const LazyValue &value, Fn &&fn) {
    for (const Piece &piece : value.pieces)
      for (const TensorInfo *tensor : {piece.tensor, piece.scales})
        if (tensor)
          fn(tensor);
  }

  std::map<const TensorInfo *, size_t> readers_;
  std::set<const TensorInfo *> kept_; // kernels will read them where they are
};

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
                                               const Checkpoint &checkpoint, const ParallelFor &parallel) {
  WeightStore store;
  store.data_.assign(weights.size(), nothing);
  std::vector<Job> jobs;
  std::vector<size_t> sameAs(weights.size());
  std::map<std::string, size_t> known;
  Readers readers;
  Problems problems(checkpoint.path());
  uint64_t total = 0;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    const bundle::Weight &weight = *weights.Get(i);
    LazyValue value = evaluateRecipe(weight, checkpoint, problems);
    if (!problems.empty())
      continue; // the rest is only checked
    sameAs[i] = known.try_emplace(identityOf(weight), i).first->second;
    const uint64_t size = *recipe::storedBytes(value);
    if (sameAs[i] != i || size == 0)
      continue;
    if (std::optional<int64_t> place = value.placeInTensor()) {
      const std::byte *inFile =
          checkpoint.data(*value.pieces[0].tensor).data() + *place * int64_t(elementBytes(value.type));
      if (reinterpret_cast<uintptr_t>(inFile) % elementBytes(value.type) == 0) {
        store.data_[i] = inFile;
        readers.keep(value.pieces[0].tensor);
        continue;
      }
    }
    readers.add(value);
    jobs.push_back({i, std::move(value), total});
    if (__builtin_add_overflow(total, size, &total) || __builtin_add_overflow(total, alignment - 1, &total)) {
      problems.add("its weights need more than 2^64 bytes");
      break;
    }
    total = total / alignment * alignment;
  }
  if (!problems.empty())
    return problems.status();

  Expected<Memory> memory = allocate(total, checkpoint.path());
  if (!memory)
    return memory.status();
  store.memory_ = std::move(*memory);
  for (const Job &job : jobs) {
    std::byte *target = store.memory_.get() + job.offset;
    (job.value.tile ? writeTiles : writeRows)(job.value, checkpoint, target, parallel);
    readers.done(job.value, checkpoint);
    store.data_[job.weight] = target;
  }
  for (size_t i = 0; i < weights.size(); ++i)
    store.data_[i] = store.data_[sameAs[i]];
  return store;
}

} // namespace veomni
