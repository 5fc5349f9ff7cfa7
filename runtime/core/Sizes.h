// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic on the sizes of a program: symbolic, to compare types before anything is known, and with overflow checks
// once all is.
#ifndef VEOMNI_RUNTIME_CORE_SIZES_H
#define VEOMNI_RUNTIME_CORE_SIZES_H

#include "veomni/runtime/Polynomial.h"
#include "veomni/runtime/Recipe.h"
#include "veomni/runtime/Tensor.h"
#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace veomni {

/// A size before anything is known: a sum of products of symbols, by index.
using SymbolicSize = Polynomial<int32_t>;

/// What each symbol stands for: itself, or the sum that it is derived from (see `Verifier::defineSymbols`).
using SymbolDefinitions = std::vector<SymbolicSize>;
/// The product of some dims with symbols replaced by their definitions. Nothing when it is too large to be written
/// down; such sizes equal no other. Dims must refer to defined symbols only.
std::optional<SymbolicSize> productOf(const flatbuffers::Vector<const bundle::Dim *> *dims, uint32_t begin,
                                      uint32_t end, const SymbolDefinitions &definitions);
/// What is divided by an extent's divisor.
std::optional<SymbolicSize> sumOf(const bundle::Extent &extent, const SymbolDefinitions &definitions);

inline uint32_t rankOf(const bundle::BufferType &type) { return type.dims() ? type.dims()->size() : 0; }

/// Elements from the start of one row to the next; a `row_stride` of 0 stands for rows without gaps.
/// The memory of a buffer is (product of leading dims) * row stride elements; `storageOf` is that product.
std::optional<SymbolicSize> storageOf(const bundle::BufferType &type, const SymbolDefinitions &definitions);
/// Whether rows follow one another without gaps.
bool isDense(const bundle::BufferType &type);
/// Elements of a row whose dims are all constant.
int64_t constantRowSize(const bundle::BufferType &type);

/// Whether both are known to be equal for all values of the symbols.
bool sameSize(const std::optional<SymbolicSize> &a, const std::optional<SymbolicSize> &b);
/// Whether memory of one type can be used as the other: same element type and layout, as many elements, and rows, where
/// they have gaps, of the same size and stride. Dims may be grouped differently ([batch, seq, 64] and [tokens, 8, 8]).
bool sameMemory(const bundle::BufferType &a, const bundle::BufferType &b, const SymbolDefinitions &definitions);
/// Whether both say exactly the same.
bool sameType(const bundle::BufferType &a, const bundle::BufferType &b, const SymbolDefinitions &definitions);

/// Which symbols are among `roots` or derived from one, directly or through others.
std::vector<bool> withDerived(const bundle::Bundle &program, std::vector<bool> roots);

/// The value under `symbols`; nothing where it is negative or overflows.
std::optional<int64_t> evaluate(const bundle::Extent &extent, std::span<const int64_t> symbols);
int64_t evaluate(const bundle::Dim &dim, std::span<const int64_t> symbols);
/// Bytes of the buffer, with the padding of tiles and without slack; nothing on overflow.
std::optional<uint64_t> byteSize(const bundle::BufferType &type, std::span<const int64_t> symbols);
std::vector<int64_t> shapeOf(const bundle::BufferType &type, std::span<const int64_t> symbols);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_SIZES_H
