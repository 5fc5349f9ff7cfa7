// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic on the sizes of a program: symbolic, to compare types before anything is known, and with overflow checks once all is.
#ifndef VEOMNI_RUNTIME_CORE_SIZES_H
#define VEOMNI_RUNTIME_CORE_SIZES_H

#include "veomni/runtime/Tensor.h"
#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace veomni {

/// A product of constants and symbols in a form that equal products share: one coefficient and the sorted symbols.
class SymbolicSize {
public:
  /// False when the coefficient overflows.
  bool multiply(int64_t constant);
  void multiplySymbol(int32_t symbol);
  bool multiply(const SymbolicSize &other);

  bool isConstant() const { return symbols_.empty(); }
  int64_t coefficient() const { return coefficient_; }
  std::span<const int32_t> symbols() const { return symbols_; }
  bool operator==(const SymbolicSize &) const = default;

private:
  int64_t coefficient_ = 1;
  std::vector<int32_t> symbols_;
};

/// The product of some dims, each symbol replaced by its definition when that is a plain product. Nothing when the coefficient overflows.
/// `definitions` has one entry a symbol (see `defineSymbols`); dims must refer to those only.
using SymbolDefinitions = std::vector<SymbolicSize>;
std::optional<SymbolicSize> productOf(const flatbuffers::Vector<const bundle::Dim *> *dims, uint32_t begin, uint32_t end,
                                      const SymbolDefinitions &definitions);

inline uint32_t rankOf(const bundle::BufferType &type) { return type.dims() ? type.dims()->size() : 0; }

/// Elements from the start of one row to the next; a `row_stride` of 0 stands for rows without gaps.
/// The memory of a buffer is (product of leading dims) * row stride elements; `storageOf` is that product.
std::optional<SymbolicSize> storageOf(const bundle::BufferType &type, const SymbolDefinitions &definitions);
/// Whether rows follow one another without gaps.
bool isDense(const bundle::BufferType &type);
/// Elements of a row whose dims are all constant.
int64_t constantRowSize(const bundle::BufferType &type);

/// Whether memory of one type can be used as the other: same element type and layout, as many elements, and rows, where they have gaps,
/// of the same size and stride. Dims may be grouped differently ([batch, seq, 64] and [tokens, 8, 8]).
bool sameMemory(const bundle::BufferType &a, const bundle::BufferType &b, const SymbolDefinitions &definitions);
/// Whether both say exactly the same.
bool sameType(const bundle::BufferType &a, const bundle::BufferType &b, const SymbolDefinitions &definitions);

/// ceil(product of factors / divisor) under `symbols`; nothing on overflow.
std::optional<int64_t> evaluate(const bundle::Extent &extent, std::span<const int64_t> symbols);
int64_t evaluate(const bundle::Dim &dim, std::span<const int64_t> symbols);
/// Bytes of the buffer, with the padding of packed panels and without slack; nothing on overflow.
std::optional<uint64_t> byteSize(const bundle::BufferType &type, std::span<const int64_t> symbols);
std::vector<int64_t> shapeOf(const bundle::BufferType &type, std::span<const int64_t> symbols);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_SIZES_H
