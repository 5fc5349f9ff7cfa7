// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program's weights in memory, in the layout its kernels read.
#ifndef VEOMNI_RUNTIME_WEIGHTSTORE_H
#define VEOMNI_RUNTIME_WEIGHTSTORE_H

#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Progress.h"
#include "veomni/runtime/Recipe.h"
#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace veomni {

/// Runs `body(0) .. body(count - 1)` in any order, on as many threads as it likes, and returns when all are done.
using ParallelFor = std::function<void(int64_t count, const std::function<void(int64_t)> &body)>;

class WeightStore {
public:
  /// Follows the recipes of a program's weights. All are checked against the checkpoint's headers before any tensor is
  /// read; an error lists what is wrong with any of them. A tensor that is a weight as it lies in the file stays there;
  /// everything else is written, converted and packed to one block of memory. Weights with equal types and recipes are
  /// one. The checkpoint must outlive the store. It may be moved. `progress` counts bytes that are written.
  /// `ranks`: the places of each rank that is to find its weights here; weights that are no rank's part are made once
  /// for all of them.
  static Expected<WeightStore> materialise(const flatbuffers::Vector<flatbuffers::Offset<bundle::Weight>> &weights,
                                           const Checkpoint &checkpoint, const ParallelFor &parallel,
                                           Progress *progress = nullptr, std::span<const recipe::Places> ranks = {});

  /// A weight's memory: 64-byte aligned, or in a file and aligned to its elements.
  const void *data(size_t index, size_t rank = 0) const { return data_[rank][index]; }
  std::span<const void *const> all(size_t rank = 0) const { return data_[rank]; }
  size_t size() const { return data_.front().size(); }
  /// How many ranks find their weights here.
  size_t ranks() const { return data_.size(); }
  /// Bytes of the block; what stays in files is not counted, the operating system can take that memory back.
  uint64_t residentBytes() const { return memory_.get_deleter().size; }
  /// Bytes of weights that stayed in files.
  uint64_t bytesInFiles() const { return bytesInFiles_; }

private:
  struct Unmap {
    size_t size;
    void operator()(std::byte *memory) const;
  };
  using Memory = std::unique_ptr<std::byte, Unmap>;

  WeightStore() = default;
  static Expected<Memory> allocate(uint64_t size, const std::string &checkpoint);

  Memory memory_;
  std::vector<std::vector<const void *>> data_; // of each rank
  uint64_t bytesInFiles_ = 0;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_WEIGHTSTORE_H
