// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parts of pieces: as many strips as make a few megabytes.
#include "Materialise.h"

#include <algorithm>

namespace veomni {

void PieceWriter::setStrips(int64_t count, int64_t elementsPerStrip) {
  constexpr int64_t partElements = 1 << 20;
  strips_ = count;
  stripsPerPart_ = std::max<int64_t>(partElements / std::max<int64_t>(elementsPerStrip, 1), 1);
}

ElementRange PieceWriter::source(int64_t part) const {
  ElementRange range;
  for (int64_t i = part * stripsPerPart_, end = std::min(i + stripsPerPart_, strips_); i < end; ++i)
    range.join(sourceOfStrip(i));
  return range;
}

void PieceWriter::write(int64_t part) const {
  for (int64_t i = part * stripsPerPart_, end = std::min(i + stripsPerPart_, strips_); i < end; ++i)
    writeStrip(i);
}

} // namespace veomni
