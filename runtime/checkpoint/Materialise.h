// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing lazy values to memory, each element once, straight from the mapped tensors.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_MATERIALISE_H
#define VEOMNI_RUNTIME_CHECKPOINT_MATERIALISE_H

#include "Elements.h"
#include "LazyValue.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace veomni {

/// Writes what a weight has from one tensor, in parts of a few megabytes. Parts are small, so that threads share the
/// work and pages of the file can go soon; and not smaller, so that two threads seldom meet at a huge page that neither
/// has touched, which the system would then make twice. They may be written in any order and all at once.
class PieceWriter {
public:
  virtual ~PieceWriter() = default;

  int64_t parts() const { return (strips_ + stripsPerPart_ - 1) / stripsPerPart_; }
  /// The elements that a part reads.
  ElementRange source(int64_t part) const;
  void write(int64_t part) const;
  const Elements &elements() const { return elements_; }

protected:
  explicit PieceWriter(Elements elements) : elements_(std::move(elements)) {}
  /// A strip is what a subclass writes at once.
  void setStrips(int64_t count, int64_t elementsPerStrip);
  virtual ElementRange sourceOfStrip(int64_t index) const = 0;
  virtual void writeStrip(int64_t index) const = 0;

private:
  Elements elements_;
  int64_t strips_ = 0, stripsPerPart_ = 1;
};

using PieceWriters = std::vector<std::unique_ptr<PieceWriter>>;

/// For a value that has no tiles: writes it row-major.
void addRowWriters(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, PieceWriters &writers);

/// For a value in tiles. `target` must hold zeros: the padding is not written.
void addTileWriters(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, PieceWriters &writers);

/// Transposes `rows` x `columns` units of 4 bytes: unit (r, c) of the source, whose rows begin every `sourceStride`
/// bytes, becomes unit (c, r) of the target, whose rows begin every `targetStride` bytes. Nothing need be aligned.
void transposeUnits(const std::byte *source, size_t sourceStride, size_t rows, size_t columns, std::byte *target,
                    size_t targetStride);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_MATERIALISE_H
