// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the pieces of a weight into its rows.
#include "Materialise.h"

#include "Elements.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace veomni {
namespace {

/// A piece with as few dimensions as its gaps allow, at least two.
struct Box {
  struct Dim {
    int64_t extent, from, to; ///< strides in elements
  };
  std::vector<Dim> dims; ///< outermost first
  int64_t source;        ///< the first element in the tensor
  std::byte *target;

  Box(const Piece &piece, const std::vector<int64_t> &dimsOfTarget, std::byte *begin, size_t elementSize)
      : source(piece.offset) {
    int64_t stride = 1, offset = 0;
    for (size_t i = dimsOfTarget.size(); i-- > 0; stride *= dimsOfTarget[i]) {
      offset += piece.origin[i] * stride;
      if (piece.extent[i] == 1)
        continue;
      Dim dim{piece.extent[i], piece.stride[i], stride};
      if (!dims.empty() && dim.from == dims.back().from * dims.back().extent &&
          dim.to == dims.back().to * dims.back().extent)
        dims.back().extent *= dim.extent;
      else
        dims.push_back(dim);
    }
    while (dims.size() < 2)
      dims.push_back({1, 1, 1});
    std::ranges::reverse(dims);
    target = begin + offset * int64_t(elementSize);
  }
};

template <typename Int>
void copyElements(const std::byte *source, int64_t fromRow, int64_t from, std::byte *target, int64_t toRow, int64_t to,
                  int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      std::memcpy(target + (row * toRow + column * to) * int64_t(sizeof(Int)),
                  source + (row * fromRow + column * from) * int64_t(sizeof(Int)), sizeof(Int));
}

/// Moves a rectangle of elements of `size` bytes between strides.
void copyElements(size_t size, const std::byte *source, int64_t fromRow, int64_t from, std::byte *target, int64_t toRow,
                  int64_t to, int64_t rows, int64_t columns) {
  if (size == 4 && fromRow == 1 && to == 1)
    return transposeUnits(source, size_t(from) * 4, size_t(columns), size_t(rows), target, size_t(toRow) * 4);
  auto *copy = size == 1   ? copyElements<uint8_t>
               : size == 2 ? copyElements<uint16_t>
               : size == 4 ? copyElements<uint32_t>
                           : copyElements<uint64_t>;
  copy(source, fromRow, from, target, toRow, to, rows, columns);
}

class RowWriter : public PieceWriter {
public:
  RowWriter(Box box, Elements elements)
      : PieceWriter(std::move(elements)), box_(std::move(box)), elements_(PieceWriter::elements()),
        row_(box_.dims[box_.dims.size() - 2]), column_(box_.dims.back()), runs_(column_.from == 1 && column_.to == 1) {
    // Elements that follow each other on both sides go in long runs, others in squares that stay in the cache.
    const int64_t strip = 1 << 16, square = 256;
    columns_ = runs_ ? std::min(strip, column_.extent) : std::min(square, column_.extent);
    rows_ = std::min(runs_ ? std::max<int64_t>(strip / columns_, 1) : square, row_.extent);
    down_ = (row_.extent + rows_ - 1) / rows_;
    across_ = (column_.extent + columns_ - 1) / columns_;
    int64_t outer = 1;
    for (size_t i = 0; i + 2 < box_.dims.size(); ++i)
      outer *= box_.dims[i].extent;
    setStrips(outer * down_ * across_, rows_ * columns_);
  }

private:
  static constexpr int64_t block = 32;

  /// Where a strip begins on both sides, in elements, and how large it is.
  struct Place {
    int64_t from, to, rows, columns;
  };
  Place placeOf(int64_t index) const {
    int64_t column = index % across_ * columns_, row = index / across_ % down_ * rows_;
    int64_t from = box_.source + row * row_.from + column * column_.from, to = row * row_.to + column * column_.to;
    int64_t rest = index / across_ / down_;
    for (size_t i = box_.dims.size() - 2; i-- > 0; rest /= box_.dims[i].extent) {
      from += rest % box_.dims[i].extent * box_.dims[i].from;
      to += rest % box_.dims[i].extent * box_.dims[i].to;
    }
    return {from, to, std::min(rows_, row_.extent - row), std::min(columns_, column_.extent - column)};
  }

  ElementRange sourceOfStrip(int64_t index) const override {
    Place place = placeOf(index);
    return {place.from, place.from + (place.rows - 1) * row_.from + (place.columns - 1) * column_.from + 1,
            place.rows * place.columns};
  }

  void writeStrip(int64_t index) const override {
    Place place = placeOf(index);
    write(place.from, box_.target + place.to * int64_t(elements_.size()), place.rows, place.columns);
  }

  void write(int64_t source, std::byte *target, int64_t rows, int64_t columns) const {
    const int64_t size = int64_t(elements_.size());
    if (runs_) {
      for (int64_t row = 0; row < rows; ++row)
        elements_.read(source + row * row_.from, target + row * row_.to * size, size_t(columns));
      return;
    }
    alignas(64) std::byte converted[block * block * 8];
    for (int64_t row = 0; row < rows; row += block)
      for (int64_t column = 0; column < columns; column += block) {
        int64_t height = std::min(block, rows - row), width = std::min(block, columns - column);
        const int64_t from = source + row * row_.from + column * column_.from;
        std::byte *to = target + (row * row_.to + column * column_.to) * size;
        if (elements_.areIdentical()) {
          copyElements(size_t(size), elements_.stored(from), row_.from, column_.from, to, row_.to, column_.to, height,
                       width);
          continue;
        }
        gather(from, height, width, converted);
        copyElements(size_t(size), converted, width, 1, to, row_.to, column_.to, height, width);
      }
  }

  /// Reads a strip, row by row.
  void gather(int64_t from, int64_t height, int64_t width, std::byte *target) const {
    if (!elements_.areStored()) {
      for (int64_t i = 0; i < height * width; ++i)
        elements_.read(from + i / width * row_.from + i % width * column_.from, target + i * int64_t(elements_.size()),
                       1);
      return;
    }
    alignas(64) std::byte gathered[block * block * 8];
    copyElements(elements_.storedSize(), elements_.stored(from), row_.from, column_.from, gathered, width, 1, height,
                 width);
    elements_.convert(gathered, target, size_t(height * width));
  }

  const Box box_;
  const Elements &elements_;
  const Box::Dim row_, column_;
  const bool runs_;
  int64_t rows_, columns_, down_, across_; ///< of a strip, and how many strips there are
};

} // namespace

void addRowWriters(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, PieceWriters &writers) {
  for (const Piece &piece : value.pieces) {
    if (std::ranges::find(piece.extent, 0) != piece.extent.end())
      continue;
    Elements elements(piece, checkpoint);
    Box box(piece, value.dims, target, elements.size());
    writers.push_back(std::make_unique<RowWriter>(std::move(box), std::move(elements)));
  }
}

} // namespace veomni
