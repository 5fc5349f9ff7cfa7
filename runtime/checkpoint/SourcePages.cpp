// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts the readers of every block of every file.
#include "SourcePages.h"

#include <algorithm>

namespace veomni {

SourcePages::SourcePages(const Checkpoint &checkpoint) : checkpoint_(checkpoint) {
  for (const Checkpoint::File &file : checkpoint.files())
    readers_.emplace_back(file.bytes.bytes().size() / blockSize + 1);
}

template <typename Fn> void SourcePages::forEachBlock(const Ranges &ranges, Fn &&fn) {
  for (const FileRange &range : ranges)
    if (range.begin < range.end)
      for (uint64_t block = range.begin / blockSize; block <= (range.end - 1) / blockSize; ++block)
        fn(range.file, block, readers_[range.file][block]);
}

void SourcePages::addReader(const Ranges &ranges) {
  forEachBlock(ranges, [](uint32_t, uint64_t, std::atomic<uint32_t> &readers) {
    readers.fetch_add(1, std::memory_order_relaxed);
  });
}

void SourcePages::begin(const Ranges &ranges, bool whole) const {
  // Readers come in the order of the file, so that what lies so far ahead is read next, and each byte is fetched once.
  constexpr uint64_t ahead = 32 << 20;
  if (!whole)
    return;
  const FileRange &range = ranges[0];
  const MappedFile &file = checkpoint_.files()[range.file].bytes;
  file.prefetch(range.begin + ahead, range.end - range.begin);
  file.populate(range.begin, range.end - range.begin);
}

void SourcePages::end(const Ranges &ranges) {
  forEachBlock(ranges, [&](uint32_t index, uint64_t block, std::atomic<uint32_t> &readers) {
    // Acquire and release: whoever is last gives back what all others have read.
    if (readers.fetch_sub(1, std::memory_order_acq_rel) != 1)
      return;
    const MappedFile &file = checkpoint_.files()[index].bytes;
    file.release(block * blockSize, std::min(blockSize, file.bytes().size() - block * blockSize));
  });
}

} // namespace veomni
