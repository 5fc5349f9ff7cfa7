// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A panel is 32 rows of N, transposed: f32 [K][32], bf16 [K/2][32][2]. Seen as units of 4 bytes (one f32, or two
// neighbouring bf16) both are [units][32].
#include "Materialise.h"

#include "Elements.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace veomni {
namespace {

constexpr int64_t panelRows = 32, unitSize = 4, rowSize = panelRows * unitSize;

/// The part of one matrix that comes from one tensor.
struct Rectangle {
  const Elements *elements;
  int64_t source; // its first element
  int64_t n, rows, k, columns;
  int64_t rowStride, columnStride; // in elements
};

/// A rectangle's part of a panel: `rows` of its lanes, and `columns` of K.
class Tile {
public:
  Tile(const Rectangle &rectangle, int64_t firstRow, int64_t panel, std::byte *target)
      : from_(rectangle), elements_(*rectangle.elements), perUnit_(unitSize / int64_t(elements_.size())) {
    int64_t begin = std::max(firstRow, from_.n), end = std::min(firstRow + panelRows, from_.n + from_.rows);
    rows_ = end - begin;
    source_ = from_.source + (begin - from_.n) * from_.rowStride;
    target_ = target + panel + (begin - firstRow) * unitSize;
  }

  void write() const {
    int64_t k = 0;
    // Halves of units, where a tensor begins or ends between two columns that share one.
    for (; k < from_.columns && (from_.k + k) % perUnit_ != 0; ++k)
      writeColumn(k);
    int64_t units = (from_.columns - k) / perUnit_;
    std::byte *target = unit(k);
    if (from_.columnStride == 1 && elements_.areIdentical())
      transposeUnits(elements_.stored(element(0, k)), size_t(from_.rowStride) * elements_.size(), size_t(rows_),
                     size_t(units), target, rowSize);
    else if (from_.columnStride == 1)
      writeConverted(k, units, target);
    else if (from_.rowStride == 1)
      writeTransposed(k, units, target);
    else
      for (int64_t column = k; column < k + units * perUnit_; ++column)
        writeColumn(column);
    for (k += units * perUnit_; k < from_.columns; ++k)
      writeColumn(k);
  }

private:
  int64_t element(int64_t row, int64_t column) const {
    return source_ + row * from_.rowStride + column * from_.columnStride;
  }
  /// The first lane of the unit that column `k` of the rectangle goes to.
  std::byte *unit(int64_t k) const { return target_ + (from_.k + k) / perUnit_ * rowSize; }

  void writeColumn(int64_t k) const {
    std::byte *target = unit(k) + (from_.k + k) % perUnit_ * int64_t(elements_.size());
    for (int64_t row = 0; row < rows_; ++row)
      elements_.read(element(row, k), target + row * unitSize, 1);
  }

  /// Rows of K, to be converted.
  void writeConverted(int64_t k, int64_t units, std::byte *target) const {
    constexpr int64_t block = 64;
    alignas(64) std::byte converted[panelRows * block * unitSize];
    for (int64_t begin = 0; begin < units; begin += block) {
      int64_t count = std::min(block, units - begin);
      for (int64_t row = 0; row < rows_; ++row)
        elements_.read(element(row, k + begin * perUnit_), converted + row * block * unitSize,
                       size_t(count * perUnit_));
      transposeUnits(converted, block * unitSize, size_t(rows_), size_t(count), target + begin * rowSize, rowSize);
    }
  }

  /// Columns of N, as a transposed tensor has them: they already lie as panels want them, but for the pairs.
  void writeTransposed(int64_t k, int64_t units, std::byte *target) const {
    // Columns may lie pages apart, where the hardware does not look ahead.
    constexpr int64_t ahead = 32;
    for (int64_t i = 0; i < units; ++i) {
      for (int64_t column = i * perUnit_ + ahead; column < std::min((i + 1) * perUnit_ + ahead, units * perUnit_);
           ++column)
        if (elements_.areStored())
          __builtin_prefetch(elements_.stored(element(0, k + column)));
      if (perUnit_ == 1) {
        elements_.read(element(0, k + i), target + i * rowSize, size_t(rows_));
        continue;
      }
      uint16_t first[panelRows] = {}, second[panelRows] = {};
      uint32_t pairs[panelRows];
      elements_.read(element(0, k + 2 * i), reinterpret_cast<std::byte *>(first), size_t(rows_));
      elements_.read(element(0, k + 2 * i + 1), reinterpret_cast<std::byte *>(second), size_t(rows_));
      for (int64_t lane = 0; lane < panelRows; ++lane)
        pairs[lane] = uint32_t(first[lane]) | uint32_t(second[lane]) << 16;
      std::memcpy(target + i * rowSize, pairs, size_t(rows_ * unitSize));
    }
  }

  const Rectangle &from_;
  const Elements &elements_;
  int64_t perUnit_, rows_, source_;
  std::byte *target_;
};

/// The rectangles of every matrix of the value.
std::vector<std::vector<Rectangle>> rectanglesOf(const LazyValue &value, const std::vector<Elements> &elements) {
  const size_t leading = value.dims.size() - 2;
  int64_t matrices = 1;
  for (size_t i = 0; i < leading; ++i)
    matrices *= value.dims[i];
  std::vector<std::vector<Rectangle>> result(static_cast<size_t>(matrices));
  for (size_t p = 0; p < value.pieces.size(); ++p) {
    const Piece &piece = value.pieces[p];
    int64_t count = 1;
    for (int64_t extent : piece.extent)
      count *= extent != 0;
    for (size_t i = 0; i < leading; ++i)
      count *= piece.extent[i];
    for (int64_t i = 0; i < count; ++i) {
      int64_t rest = i, matrix = 0, stride = 1, offset = piece.offset;
      for (size_t d = leading; d-- > 0; rest /= piece.extent[d], stride *= value.dims[d]) {
        matrix += (piece.origin[d] + rest % piece.extent[d]) * stride;
        offset += rest % piece.extent[d] * piece.stride[d];
      }
      // The step to a second column that is not there may be any.
      int64_t columnStride = piece.extent[leading + 1] == 1 ? 1 : piece.stride[leading + 1];
      result[size_t(matrix)].push_back({&elements[p], offset, piece.origin[leading], piece.extent[leading],
                                        piece.origin[leading + 1], piece.extent[leading + 1], piece.stride[leading],
                                        columnStride});
    }
  }
  return result;
}

} // namespace

void writePanels(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, const ParallelFor &parallel) {
  std::vector<Elements> elements;
  for (const Piece &piece : value.pieces)
    elements.emplace_back(piece, checkpoint);
  const std::vector<std::vector<Rectangle>> matrices = rectanglesOf(value, elements);
  const int64_t n = value.dims[value.dims.size() - 2], k = value.dims.back();
  const int64_t perUnit = unitSize / int64_t(elementBytes(value.type));
  const int64_t panelSize = (k + perUnit - 1) / perUnit * rowSize, panels = (n + panelRows - 1) / panelRows;
  parallel(int64_t(matrices.size()) * panels, [&](int64_t index) {
    const int64_t firstRow = index % panels * panelRows;
    for (const Rectangle &rectangle : matrices[size_t(index / panels)])
      if (rectangle.n < firstRow + panelRows && firstRow < rectangle.n + rectangle.rows)
        Tile(rectangle, firstRow, index * panelSize, target).write();
  });
}

} // namespace veomni
