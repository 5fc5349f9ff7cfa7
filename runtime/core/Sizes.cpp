// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of buffers for given symbols, with overflows found.
#include "core/Sizes.h"

namespace veomni {

std::optional<SymbolicSize> productOf(const flatbuffers::Vector<const bundle::Dim *> *dims, uint32_t begin,
                                      uint32_t end, const SymbolDefinitions &definitions) {
  SymbolicSize product = SymbolicSize::constant(1);
  for (uint32_t i = begin; i < end; ++i) {
    const bundle::Dim &dim = *dims->Get(i);
    if (!product.multiply(dim.symbol() < 0 ? SymbolicSize::constant(dim.value()) : definitions[size_t(dim.symbol())]))
      return std::nullopt;
  }
  return product;
}

static uint32_t lengthOf(const flatbuffers::Vector<const bundle::Dim *> *dims) { return dims ? dims->size() : 0; }

std::optional<SymbolicSize> sumOf(const bundle::Extent &extent, const SymbolDefinitions &definitions) {
  std::optional<SymbolicSize> sum = productOf(extent.factors(), 0, lengthOf(extent.factors()), definitions);
  if (sum && extent.terms())
    for (const bundle::Product *term : *extent.terms()) {
      std::optional<SymbolicSize> product = productOf(term->factors(), 0, lengthOf(term->factors()), definitions);
      if (!product || !sum->add(*product))
        return std::nullopt;
    }
  return sum;
}

int64_t constantRowSize(const bundle::BufferType &type) {
  int64_t size = 1;
  uint32_t rank = rankOf(type);
  for (uint32_t i = rank - type.row_rank(); i < rank; ++i)
    size *= type.dims()->Get(i)->value();
  return size;
}

bool isDense(const bundle::BufferType &type) {
  return type.row_stride() == 0 || type.row_stride() == constantRowSize(type);
}

std::optional<SymbolicSize> storageOf(const bundle::BufferType &type, const SymbolDefinitions &definitions) {
  uint32_t rank = rankOf(type);
  if (isDense(type))
    return productOf(type.dims(), 0, rank, definitions);
  std::optional<SymbolicSize> size = productOf(type.dims(), 0, rank - type.row_rank(), definitions);
  return size && size->multiply(SymbolicSize::constant(type.row_stride())) ? size : std::nullopt;
}

bool sameSize(const std::optional<SymbolicSize> &a, const std::optional<SymbolicSize> &b) { return a && b && *a == *b; }

bool sameMemory(const bundle::BufferType &a, const bundle::BufferType &b, const SymbolDefinitions &definitions) {
  if (a.dtype() != b.dtype() || recipe::tileOf(a) != recipe::tileOf(b))
    return false;
  if (recipe::tileOf(a))
    return sameType(a, b, definitions);
  if (isDense(a) != isDense(b) ||
      (!isDense(a) && (a.row_stride() != b.row_stride() || constantRowSize(a) != constantRowSize(b))))
    return false;
  return sameSize(storageOf(a, definitions), storageOf(b, definitions));
}

bool sameType(const bundle::BufferType &a, const bundle::BufferType &b, const SymbolDefinitions &definitions) {
  if (a.dtype() != b.dtype() || recipe::tileOf(a) != recipe::tileOf(b) || rankOf(a) != rankOf(b) ||
      isDense(a) != isDense(b))
    return false;
  if (!isDense(a) && (a.row_rank() != b.row_rank() || a.row_stride() != b.row_stride()))
    return false;
  for (uint32_t i = 0; i < rankOf(a); ++i)
    if (!sameSize(productOf(a.dims(), i, i + 1, definitions), productOf(b.dims(), i, i + 1, definitions)))
      return false;
  return true;
}

std::vector<bool> withDerived(const bundle::Bundle &program, std::vector<bool> roots) {
  auto anyIn = [&](const flatbuffers::Vector<const bundle::Dim *> *factors) {
    for (uint32_t i = 0; i < lengthOf(factors); ++i)
      if (int32_t symbol = factors->Get(i)->symbol(); symbol >= 0 && roots[size_t(symbol)])
        return true;
    return false;
  };
  for (uint32_t i = 0; i < roots.size(); ++i) {
    const bundle::Symbol &symbol = *program.symbols()->Get(i);
    if (symbol.kind() != bundle::SymbolKind::derived)
      continue;
    roots[i] = roots[i] || anyIn(symbol.extent()->factors());
    if (symbol.extent()->terms())
      for (const bundle::Product *term : *symbol.extent()->terms())
        roots[i] = roots[i] || anyIn(term->factors());
  }
  return roots;
}

int64_t evaluate(const bundle::Dim &dim, std::span<const int64_t> symbols) {
  return dim.symbol() < 0 ? dim.value() : symbols[size_t(dim.symbol())];
}

/// The product of dims; nothing on overflow.
static std::optional<int64_t> evaluateProduct(const flatbuffers::Vector<const bundle::Dim *> *dims,
                                              std::span<const int64_t> symbols) {
  int64_t product = 1;
  if (dims)
    for (const bundle::Dim *factor : *dims)
      if (__builtin_mul_overflow(product, evaluate(*factor, symbols), &product))
        return std::nullopt;
  return product;
}

std::optional<int64_t> evaluate(const bundle::Extent &extent, std::span<const int64_t> symbols) {
  std::optional<int64_t> sum = evaluateProduct(extent.factors(), symbols);
  if (sum && extent.terms())
    for (const bundle::Product *term : *extent.terms()) {
      std::optional<int64_t> product = evaluateProduct(term->factors(), symbols);
      if (!product || __builtin_add_overflow(*sum, *product, &*sum))
        return std::nullopt;
    }
  if (!sum || *sum < 0)
    return std::nullopt;
  return *sum / extent.divisor() + (*sum % extent.divisor() != 0);
}

std::optional<uint64_t> byteSize(const bundle::BufferType &type, std::span<const int64_t> symbols) {
  uint64_t size = elementSize(type.dtype());
  bool overflow = false;
  auto multiply = [&](uint64_t factor) { overflow |= __builtin_mul_overflow(size, factor, &size); };
  uint32_t rank = rankOf(type);
  const recipe::Tile tile = recipe::tileOf(type);
  uint32_t leading = tile ? rank - 2 : isDense(type) ? rank : rank - type.row_rank();
  for (uint32_t i = 0; i < leading; ++i)
    multiply(uint64_t(evaluate(*type.dims()->Get(i), symbols)));
  if (tile) {
    auto padded = [&](uint32_t dim, uint64_t unit) {
      uint64_t value = uint64_t(type.dims()->Get(dim)->value());
      return value / unit * unit + (value % unit ? unit : 0);
    };
    multiply(padded(rank - 2, uint64_t(tile.rows)));
    multiply(padded(rank - 1, uint64_t(tile.columns)));
  } else if (!isDense(type)) {
    multiply(uint64_t(type.row_stride()));
  }
  return overflow ? std::nullopt : std::optional(size);
}

std::vector<int64_t> shapeOf(const bundle::BufferType &type, std::span<const int64_t> symbols) {
  std::vector<int64_t> shape;
  for (uint32_t i = 0; i < rankOf(type); ++i)
    shape.push_back(evaluate(*type.dims()->Get(i), symbols));
  return shape;
}

} // namespace veomni
