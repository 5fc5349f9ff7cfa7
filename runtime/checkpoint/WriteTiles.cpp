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

/// A piece is a rectangle of one or several matrices; a strip is what it has of one band of one of these.
class TileWriter : public PieceWriter {
public:
  TileWriter(const LazyValue &value, const Piece &piece, Elements elements, std::byte *target)
      : PieceWriter(std::move(elements)), piece_(piece), dims_(value.dims), leading_(value.dims.size() - 2),
        bandRows_(value.tile.rows), target_(target) {
    const int64_t n = value.dims[leading_], k = value.dims.back(), columns = value.tile.columns;
    const int64_t unitSize = columns * int64_t(elementBytes(value.type));
    band_ = {columns, unitSize, bandRows_ * unitSize};
    bandSize_ = (k + columns - 1) / columns * band_.tileSize;
    bands_ = (n + bandRows_ - 1) / bandRows_;
    firstBand_ = piece.origin[leading_] / bandRows_;
    bandsOfPiece_ = (piece.origin[leading_] + piece.extent[leading_] + bandRows_ - 1) / bandRows_ - firstBand_;
    int64_t matrices = 1;
    for (size_t i = 0; i < leading_; ++i)
      matrices *= piece.extent[i];
    setStrips(matrices * bandsOfPiece_, bandRows_ * piece.extent.back());
  }

private:
  struct Strip {
    Rectangle from;
    int64_t matrix, band; // of the value, of the matrix
    int64_t begin, end;   // rows of the matrix
  };
  Strip strip(int64_t index) const {
    int64_t rest = index / bandsOfPiece_, matrix = 0, stride = 1, offset = piece_.offset;
    for (size_t d = leading_; d-- > 0; rest /= piece_.extent[d], stride *= dims_[d]) {
      matrix += (piece_.origin[d] + rest % piece_.extent[d]) * stride;
      offset += rest % piece_.extent[d] * piece_.stride[d];
    }
    // The step to a second column that is not there may be any.
    const int64_t columnStride = piece_.extent[leading_ + 1] == 1 ? 1 : piece_.stride[leading_ + 1];
    const Rectangle from{&elements(),
                         offset,
                         piece_.origin[leading_],
                         piece_.extent[leading_],
                         piece_.origin[leading_ + 1],
                         piece_.extent[leading_ + 1],
                         piece_.stride[leading_],
                         columnStride};
    const int64_t band = firstBand_ + index % bandsOfPiece_;
    return {from, matrix, band, std::max(band * bandRows_, from.n),
            std::min((band + 1) * bandRows_, from.n + from.rows)};
  }

  ElementRange sourceOfStrip(int64_t index) const override {
    const Strip s = strip(index);
    const int64_t first = s.from.source + (s.begin - s.from.n) * s.from.rowStride, rows = s.end - s.begin;
    const int64_t last = first + (rows - 1) * s.from.rowStride + (s.from.columns - 1) * s.from.columnStride;
    return {first, last + 1, rows * s.from.columns};
  }
  void writeStrip(int64_t index) const override {
    const Strip s = strip(index);
    std::byte *band = target_ + (s.matrix * bands_ + s.band) * bandSize_;
    for (int64_t begin = s.begin; begin < s.end; begin += mostLanes)
      Part(s.from, band_, s.band * bandRows_, begin, std::min(begin + mostLanes, s.end), band).write();
  }

  const Piece piece_;
  const std::vector<int64_t> dims_;
  const size_t leading_;
  const int64_t bandRows_;
  std::byte *const target_;
  Band band_;
  int64_t bandSize_, bands_;         ///< of a matrix of the value
  int64_t firstBand_, bandsOfPiece_; ///< those that the piece is in
};

} // namespace

void addTileWriters(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, PieceWriters &writers) {
  for (const Piece &piece : value.pieces)
    if (std::ranges::find(piece.extent, 0) == piece.extent.end())
      writers.push_back(std::make_unique<TileWriter>(value, piece, Elements(piece, checkpoint), target));
}

} // namespace veomni
