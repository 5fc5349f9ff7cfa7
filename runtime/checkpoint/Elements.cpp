// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions between element types, one run of elements at a time.
#include "Elements.h"

#include "Mxfp4.h"

#include <algorithm>

namespace veomni {

Elements::Elements(const Piece &piece, const Checkpoint &checkpoint)
    : tensor_(piece.tensor), scaleTensor_(piece.scales), data_(checkpoint.data(*piece.tensor).data()),
      scales_(piece.scales ? checkpoint.data(*piece.scales).data() : nullptr),
      scaleType_(piece.scales ? piece.scales->elementType : ElementType::f32), type_(piece.type), fp8_(piece.fp8),
      conversion_(piece.type, piece.casts) {}

void Elements::dequantise(int64_t at, size_t count, std::byte *target) const {
  if (fp8_.columns)
    dequantiseFp8(data_, scales_, scaleType_, fp8_, at, count, target);
  else
    dequantiseMxfp4(data_, scales_, at, count, type_, target);
}

void Elements::read(int64_t at, std::byte *target, size_t count) const {
  if (areStored())
    return conversion_.run(stored(at), target, count);
  if (conversion_.isIdentity())
    return dequantise(at, count, target);
  constexpr size_t block = 256;
  std::byte decoded[block * sizeof(float)];
  for (size_t i = 0; i < count; i += block) {
    size_t length = std::min(block, count - i);
    dequantise(at + int64_t(i), length, decoded);
    conversion_.run(decoded, target + i * size(), length);
  }
}

FileRange Elements::bytesOf(const ElementRange &range) const {
  auto at = [&](int64_t bytes) { return tensor_->offset + uint64_t(bytes); };
  if (areStored() || fp8_.columns) {
    const int64_t size = areStored() ? int64_t(storedSize()) : 1;
    return {tensor_->file, at(range.begin * size), at(range.end * size)};
  }
  return {tensor_->file, at(range.begin / 2), at((range.end + 1) / 2)}; // two numbers of MXFP4 are a byte
}

FileRange Elements::scaleBytesOf(const ElementRange &range) const {
  if (!scaleTensor_)
    return {};
  auto at = [&](int64_t index) {
    return scaleTensor_->offset + std::min(uint64_t(index) * elementBits(scaleType_) / 8, scaleTensor_->size);
  };
  if (!fp8_.columns)
    return {scaleTensor_->file, at(range.begin / mxfp4BlockElements), at(range.end / mxfp4BlockElements + 1)};
  // Whole rows of scales.
  const int64_t perRow = (fp8_.columns + fp8_.block[1] - 1) / fp8_.block[1];
  auto row = [&](int64_t element) { return element / fp8_.columns / fp8_.block[0]; };
  return {scaleTensor_->file, at(row(range.begin) * perRow), at((row(range.end) + 1) * perRow)};
}

} // namespace veomni
