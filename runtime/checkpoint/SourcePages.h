// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pages of a checkpoint's files while weights are made from them: fetched ahead, present when they are read, and
// given back after their last reader, so that a load needs little more memory than the weights.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_SOURCEPAGES_H
#define VEOMNI_RUNTIME_CHECKPOINT_SOURCEPAGES_H

#include "Elements.h"
#include "veomni/runtime/Checkpoint.h"

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace veomni {

class SourcePages {
public:
  explicit SourcePages(const Checkpoint &checkpoint);

  /// What one reader will read: elements and, perhaps, their scales.
  using Ranges = std::array<FileRange, 2>;

  /// Before anything is read.
  void addReader(const Ranges &ranges);
  /// Each reader calls these around its reading, on any thread. `whole`: it reads most of the first range.
  void begin(const Ranges &ranges, bool whole) const;
  void end(const Ranges &ranges);

private:
  /// Large enough that giving a block back costs little.
  static constexpr uint64_t blockSize = 2 << 20;
  /// Of each block, those who have not read it yet.
  using Readers = std::vector<std::atomic<uint32_t>>;

  template <typename Fn> void forEachBlock(const Ranges &ranges, Fn &&fn);

  const Checkpoint &checkpoint_;
  std::vector<Readers> readers_; // of each file
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_SOURCEPAGES_H
