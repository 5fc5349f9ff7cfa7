// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The elements of a piece as the value has them, wherever and however they are stored.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_ELEMENTS_H
#define VEOMNI_RUNTIME_CHECKPOINT_ELEMENTS_H

#include "Convert.h"
#include "LazyValue.h"

#include <algorithm>

namespace veomni {

/// Elements of a tensor that are read together: `count` of those from `begin` to `end`.
struct ElementRange {
  int64_t begin = 0, end = 0, count = 0;

  /// The smallest range around both.
  void join(const ElementRange &other) {
    begin = count ? std::min(begin, other.begin) : other.begin;
    end = std::max(end, other.end);
    count += other.count;
  }
  /// Whether most of the range is read, so that it is worth having as a whole.
  bool isDense() const { return count > (end - begin) / 2; }
};

/// Bytes of one file of a checkpoint.
struct FileRange {
  uint32_t file = 0;
  uint64_t begin = 0, end = 0;
};

/// Reads runs of a tensor's elements, which count from 0 in the order of the file.
class Elements {
public:
  Elements(const Piece &piece, const Checkpoint &checkpoint);

  /// Bytes of one element as it is read.
  size_t size() const { return conversion_.targetSize(); }
  /// Whether elements lie in the file one by one, so that `stored` is of use.
  bool areStored() const { return !scales_; }
  /// Whether what lies there is what `read` gives.
  bool areIdentical() const { return areStored() && conversion_.isIdentity(); }
  const std::byte *stored(int64_t at) const { return data_ + at * int64_t(storedSize()); }
  size_t storedSize() const { return conversion_.sourceSize(); }

  void read(int64_t at, std::byte *target, size_t count) const;
  /// `count` elements that the caller copied from the file.
  void convert(const std::byte *copied, std::byte *target, size_t count) const {
    conversion_.run(copied, target, count);
  }

  /// Where elements of a range lie in the files of the checkpoint, and where their scales do: nowhere, without scales.
  FileRange bytesOf(const ElementRange &range) const;
  FileRange scaleBytesOf(const ElementRange &range) const;

private:
  void dequantise(int64_t at, size_t count, std::byte *target) const;

  const TensorInfo *tensor_, *scaleTensor_; ///< the second is null where there are no scales
  const std::byte *data_, *scales_;
  ElementType scaleType_;
  bundle::DType type_;
  Fp8Blocks fp8_;
  Conversion conversion_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_ELEMENTS_H
