// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transposes that move small units, block by block so that caches serve both sides.
#include "Materialise.h"

#include <algorithm>
#include <cstring>

namespace veomni {
namespace {

using Vector [[gnu::vector_size(16)]] = uint32_t;
constexpr size_t unit = 4, lanes = 4;

Vector load(const std::byte *source) {
  Vector vector;
  std::memcpy(&vector, source, sizeof(vector));
  return vector;
}

void transposeSquare(const std::byte *source, size_t sourceStride, std::byte *target, size_t targetStride) {
  Vector a = load(source), b = load(source + sourceStride), c = load(source + 2 * sourceStride),
         d = load(source + 3 * sourceStride);
  Vector ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  Vector cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Vector columns[] = {
      __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5), __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7),
      __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5), __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7)};
  for (size_t i = 0; i < lanes; ++i)
    std::memcpy(target + i * targetStride, &columns[i], sizeof(Vector));
}

} // namespace

void transposeUnits(const std::byte *source, size_t sourceStride, size_t rows, size_t columns, std::byte *target,
                    size_t targetStride) {
  // A cache line of each row at a time: rows of a power of two bytes compete for the same few lines of the cache, so a
  // line must be done with before the next row's is read.
  constexpr size_t line = 64 / unit;
  const size_t fullRows = rows / lanes * lanes, fullColumns = columns / lanes * lanes;
  for (size_t begin = 0; begin < fullColumns; begin += line)
    for (size_t row = 0; row < fullRows; row += lanes)
      for (size_t column = begin; column < std::min(begin + line, fullColumns); column += lanes)
        transposeSquare(source + row * sourceStride + column * unit, sourceStride,
                        target + column * targetStride + row * unit, targetStride);
  auto copyUnit = [&](size_t row, size_t column) {
    std::memcpy(target + column * targetStride + row * unit, source + row * sourceStride + column * unit, unit);
  };
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = row < fullRows ? fullColumns : 0; column < columns; ++column)
      copyUnit(row, column);
}

} // namespace veomni
