// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrices [N, K] in tiles (`recipe::Tile`). A row of a tile is a *unit*, as many elements of one row of the matrix as
// a tile has columns; a *band* is the tiles of one run of rows: [units][rows]. Most tiles have units of 4 bytes (one
// f32, two neighbouring bf16), and then a band is a transpose of such units.
#include "Materialise.h"

#include "Elements.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace veomni {
namespace {

/// Rows that are written together, and bytes of the units that can be transposed.
constexpr int64_t mostLanes = 32, smallUnit = 4;

/// How a band lies in memory.
struct Band {
  int64_t perUnit, unitSize, tileSize; // elements of a unit, bytes of it and of a tile
};

/// The part of one matrix that comes from one tensor.
struct Rectangle {
  const Elements *elements;
  int64_t source; // its first element
  int64_t n, rows, k, columns;
  int64_t rowStride, columnStride; // in elements
};

/// What one rectangle gives to the rows [begin, end) of the matrix, all of them in the band at `target`, whose first
/// row is `firstRow`.
class Part {
public:
  Part(const Rectangle &rectangle, Band band, int64_t firstRow, int64_t begin, int64_t end, std::byte *target)
      : from_(rectangle), elements_(*rectangle.elements), band_(band), rows_(end - begin),
        source_(from_.source + (begin - from_.n) * from_.rowStride),
        target_(target + (begin - firstRow) * band.unitSize) {}

  void write() const {
    int64_t k = 0;
    // Parts of units, where a tensor begins or ends between two columns that share one.
    for (; k < from_.columns && (from_.k + k) % band_.perUnit != 0; ++k)
      writeColumn(k);
    int64_t units = (from_.columns - k) / band_.perUnit;
    std::byte *target = unit(k);
    if (from_.columnStride == 1 && band_.unitSize != smallUnit)
      writeRuns(k, units, target);
    else if (from_.columnStride == 1 && elements_.areIdentical())
      transposeUnits(elements_.stored(element(0, k)), size_t(from_.rowStride) * elements_.size(), size_t(rows_),
                     size_t(units), target, size_t(band_.tileSize));
    else if (from_.columnStride == 1)
      writeConverted(k, units, target);
    else if (from_.rowStride == 1 && band_.unitSize == smallUnit && band_.perUnit <= 2)
      writeTransposed(k, units, target);
    else
      for (int64_t column = k; column < k + units * band_.perUnit; ++column)
        writeColumn(column);
    for (k += units * band_.perUnit; k < from_.columns; ++k)
      writeColumn(k);
  }

private:
  int64_t element(int64_t row, int64_t column) const {
    return source_ + row * from_.rowStride + column * from_.columnStride;
  }
  /// The first lane of the unit that column `k` of the rectangle goes to.
  std::byte *unit(int64_t k) const { return target_ + (from_.k + k) / band_.perUnit * band_.tileSize; }

  void writeColumn(int64_t k) const {
    std::byte *target = unit(k) + (from_.k + k) % band_.perUnit * int64_t(elements_.size());
    for (int64_t row = 0; row < rows_; ++row)
      elements_.read(element(row, k), target + row * band_.unitSize, 1);
  }

  /// Rows of K whose units are runs of elements.
  void writeRuns(int64_t k, int64_t units, std::byte *target) const {
    for (int64_t row = 0; row < rows_; ++row)
      for (int64_t i = 0; i < units; ++i)
        elements_.read(element(row, k + i * band_.perUnit), target + i * band_.tileSize + row * band_.unitSize,
                       size_t(band_.perUnit));
  }

  /// Rows of K, to be converted.
  void writeConverted(int64_t k, int64_t units, std::byte *target) const {
    constexpr int64_t block = 64;
    alignas(64) std::byte converted[mostLanes * block * smallUnit];
    for (int64_t begin = 0; begin < units; begin += block) {
      int64_t count = std::min(block, units - begin);
      for (int64_t row = 0; row < rows_; ++row)
        elements_.read(element(row, k + begin * band_.perUnit), converted + row * block * smallUnit,
                       size_t(count * band_.perUnit));
      transposeUnits(converted, block * smallUnit, size_t(rows_), size_t(count), target + begin * band_.tileSize,
                     size_t(band_.tileSize));
    }
  }

  /// Columns of N, as a transposed tensor has them: they already lie as tiles want them, but for the pairs.
  void writeTransposed(int64_t k, int64_t units, std::byte *target) const {
    // Columns may lie pages apart, where the hardware does not look ahead.
    constexpr int64_t ahead = 32;
    for (int64_t i = 0; i < units; ++i) {
      for (int64_t column = i * band_.perUnit + ahead;
           column < std::min((i + 1) * band_.perUnit + ahead, units * band_.perUnit); ++column)
        if (elements_.areStored())
          __builtin_prefetch(elements_.stored(element(0, k + column)));
      if (band_.perUnit == 1) {
        elements_.read(element(0, k + i), target + i * band_.tileSize, size_t(rows_));
        continue;
      }
      uint16_t first[mostLanes] = {}, second[mostLanes] = {};
      uint32_t pairs[mostLanes];
      elements_.read(element(0, k + 2 * i), reinterpret_cast<std::byte *>(first), size_t(rows_));
      elements_.read(element(0, k + 2 * i + 1), reinterpret_cast<std::byte *>(second), size_t(rows_));
      for (int64_t lane = 0; lane < mostLanes; ++lane)
        pairs[lane] = uint32_t(first[lane]) | uint32_t(second[lane]) << 16;
      std::memcpy(target + i * band_.tileSize, pairs, size_t(rows_ * smallUnit));
    }
  }

  const Rectangle &from_;
  const Elements &elements_;
  const Band band_;
  int64_t rows_, source_;
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

void writeTiles(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, const ParallelFor &parallel) {
  std::vector<Elements> elements;
  for (const Piece &piece : value.pieces)
    elements.emplace_back(piece, checkpoint);
  const std::vector<std::vector<Rectangle>> matrices = rectanglesOf(value, elements);
  const int64_t n = value.dims[value.dims.size() - 2], k = value.dims.back();
  const auto [rows, columns] = value.tile;
  const int64_t unitSize = columns * int64_t(elementBytes(value.type));
  const Band band{columns, unitSize, rows * unitSize};
  const int64_t bandSize = (k + columns - 1) / columns * band.tileSize, bands = (n + rows - 1) / rows;
  parallel(int64_t(matrices.size()) * bands, [&](int64_t index) {
    const int64_t firstRow = index % bands * rows;
    for (const Rectangle &rectangle : matrices[size_t(index / bands)]) {
      int64_t end = std::min(firstRow + rows, rectangle.n + rectangle.rows);
      for (int64_t begin = std::max(firstRow, rectangle.n); begin < end; begin += mostLanes)
        Part(rectangle, band, firstRow, begin, std::min(begin + mostLanes, end), target + index * bandSize).write();
    }
  });
}

} // namespace veomni
