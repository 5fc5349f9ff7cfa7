// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifies symbols, extents and types: defined before use, and small enough to compute with.
#include "core/verify/Verifier.h"

#include "core/Ranks.h"
#include "veomni/runtime/BundleFormat.h"

#include <limits>
#include <utility>

namespace veomni::verify {

static std::string symbolName(const bundle::Bundle &program, uint32_t index) {
  return "symbol " + std::to_string(index) + " " + quoted(program.symbols()->Get(index)->name());
}

void Verifier::checkSymbols() {
  for (uint32_t i = 0; i < sizeOf(program_.symbols()); ++i) {
    const bundle::Symbol &symbol = *program_.symbols()->Get(i);
    const std::string where = symbolName(program_, i);
    if (symbol.kind() > bundle::SymbolKind::MAX) {
      problem(where, "kind " + std::to_string(int(symbol.kind())) + " is unknown");
      continue;
    }
    if (symbol.min() < 0 || symbol.min() > symbol.max())
      problem(where, "range [" + std::to_string(symbol.min()) + ", " + std::to_string(symbol.max()) +
                         "] is empty or negative");
    // Inputs are the program's in older bundles and an entry's in newer ones.
    const bool namesInput =
        symbol.kind() == bundle::SymbolKind::input_dim || symbol.kind() == bundle::SymbolKind::input_given;
    const bool ofEntries = symbol.kind() == bundle::SymbolKind::axis || symbol.kind() == bundle::SymbolKind::given;
    if (program_.entries() ? namesInput : ofEntries) {
      problem(where, std::string("is of kind ") + bundle::EnumNameSymbolKind(symbol.kind()) + " in a bundle " +
                         (program_.entries() ? "with entries, expected axis or given"
                                             : "without entries, expected input_dim or input_given"));
      continue;
    }
    switch (symbol.kind()) {
    case bundle::SymbolKind::part:
      checkFeature(bundle_format::ranks, where);
      checkMeshAxis(symbol.mesh_axis(), where);
      [[fallthrough]];
    case bundle::SymbolKind::derived:
      if (!symbol.extent())
        problem(where, "has no extent");
      else
        checkExtent(symbol.extent(), /*symbolCount=*/i, LoopSymbols::refused, where);
      break;
    case bundle::SymbolKind::axis:
    case bundle::SymbolKind::given:
      break;
    case bundle::SymbolKind::input_dim:
    case bundle::SymbolKind::input_given: {
      uint32_t inputs = sizeOf(program_.inputs());
      if (symbol.input() >= inputs) {
        problem(where, "input is " + std::to_string(symbol.input()) + ", the program has " + std::to_string(inputs) +
                           " inputs");
        break;
      }
      if (symbol.kind() == bundle::SymbolKind::input_given)
        break;
      const bundle::Input &input = *program_.inputs()->Get(symbol.input());
      if (symbol.dim() >= rankOf(*input.type()))
        problem(where, "dim is " + std::to_string(symbol.dim()) + ", input " + quoted(input.name()) + " has rank " +
                           std::to_string(rankOf(*input.type())));
      // Nothing else would say how large it is.
      if (input.default_value() != bundle::InputDefault::required)
        problem(where, "is a size of input " + quoted(input.name()) + ", which may be left out");
      break;
    }
    case bundle::SymbolKind::counted:
      checkFeature(bundle_format::expertDispatch, where);
      break;
    case bundle::SymbolKind::loop:
      break;
    }
  }
}

void Verifier::checkMesh() {
  constexpr uint32_t most = 16;
  if (!program_.mesh())
    return;
  checkFeature(bundle_format::ranks, "mesh");
  if (sizeOf(program_.mesh()) > most)
    return problem("mesh", std::to_string(sizeOf(program_.mesh())) + " axes, expected at most " + std::to_string(most));
  for (const bundle::MeshAxis *axis : *program_.mesh())
    if (axis->size() > uint32_t(std::numeric_limits<int>::max()))
      return problem("mesh", "axis " + quoted(axis->name()) + " has " + std::to_string(axis->size()) + " ranks");
  for (const bundle::MeshAxis *axis : *program_.mesh())
    if (axis->redivides())
      checkFeature(bundle_format::rankWeights, "mesh");
  if (Expected<Mesh> mesh = meshOf(program_); !mesh)
    problem("mesh", mesh.status().message());
}

void Verifier::checkMeshAxis(uint32_t axis, const std::string &where) {
  if (axis >= sizeOf(program_.mesh()))
    problem(where, "axis of the mesh is " + std::to_string(axis) + ", the mesh has " +
                       std::to_string(sizeOf(program_.mesh())));
}

void Verifier::defineSymbols() {
  for (uint32_t i = 0; i < sizeOf(program_.symbols()); ++i) {
    const bundle::Symbol &symbol = *program_.symbols()->Get(i);
    std::optional<SymbolicSize> sum;
    if (symbol.kind() == bundle::SymbolKind::derived && symbol.extent()->divisor() == 1)
      sum = sumOf(*symbol.extent(), definitions_);
    // What is too large to be written down (symbols squared over and over) stands for itself.
    definitions_.push_back(sum ? std::move(*sum) : SymbolicSize::symbol(int32_t(i)));
  }
}

bool Verifier::checkDim(const bundle::Dim &dim, uint32_t symbolCount, LoopSymbols loops, const std::string &where) {
  if (dim.symbol() < 0) {
    if (dim.value() >= 0)
      return true;
    problem(where, "size " + std::to_string(dim.value()) + " is negative");
    return false;
  }
  if (uint32_t(dim.symbol()) >= symbolCount) {
    problem(where, "symbol " + std::to_string(dim.symbol()) + " is not defined before this use, " +
                       std::to_string(symbolCount) + " are");
    return false;
  }
  if (loops == LoopSymbols::refused &&
      program_.symbols()->Get(uint32_t(dim.symbol()))->kind() == bundle::SymbolKind::loop) {
    problem(where,
            symbolName(program_, uint32_t(dim.symbol())) + " counts a loop, only workgroups and scalars may use it");
    return false;
  }
  return true;
}

/// What flatbuffers' own verifier does not look at in a list of structs.
static bool areAligned(const flatbuffers::Vector<const bundle::Dim *> *dims) {
  return sizeOf(dims) == 0 || reinterpret_cast<uintptr_t>(dims->Data()) % alignof(bundle::Dim) == 0;
}

void Verifier::checkExtent(const bundle::Extent *extent, uint32_t symbolCount, LoopSymbols loops,
                           const std::string &where) {
  constexpr uint32_t mostFactors = 32, mostTerms = 32;
  if (extent->divisor() < 1)
    problem(where, "divisor is " + std::to_string(extent->divisor()) + ", expected at least 1");
  const uint32_t terms = sizeOf(extent->terms());
  if (terms > 0)
    checkFeature(bundle_format::extentSums, where);
  if (terms > mostTerms)
    return problem(where, std::to_string(terms) + " terms, expected at most " + std::to_string(mostTerms));
  auto checkProduct = [&](const flatbuffers::Vector<const bundle::Dim *> *factors) {
    if (!areAligned(factors))
      return problem(where, "its factors are not aligned");
    if (sizeOf(factors) > mostFactors)
      problem(where, std::to_string(sizeOf(factors)) + " factors, expected at most " + std::to_string(mostFactors));
    for (uint32_t i = 0; i < sizeOf(factors); ++i)
      // A single product has no use for negative numbers, a sum subtracts with them.
      if (factors->Get(i)->symbol() >= 0 || terms == 0)
        checkDim(*factors->Get(i), symbolCount, loops, where);
  };
  checkProduct(extent->factors());
  for (uint32_t i = 0; i < terms; ++i)
    checkProduct(extent->terms()->Get(i)->factors());
}

bool Verifier::checkType(const bundle::BufferType &type, const std::string &where) {
  constexpr uint32_t mostDims = 16;
  const uint32_t rank = rankOf(type);
  unsigned before = problemCount_;
  if (!areAligned(type.dims()))
    problem(where, "its dims are not aligned");
  if (type.dtype() > bundle::DType::MAX)
    problem(where, "dtype " + std::to_string(int(type.dtype())) + " is unknown");
  if (type.layout() > bundle::Layout::MAX)
    problem(where, "layout " + std::to_string(int(type.layout())) + " is unknown");
  if (rank > mostDims)
    problem(where, "rank is " + std::to_string(rank) + ", expected at most " + std::to_string(mostDims));
  if (type.row_rank() > rank)
    problem(where, "row_rank is " + std::to_string(type.row_rank()) + ", the buffer has rank " + std::to_string(rank));
  if (type.row_stride() < 0)
    problem(where, "row_stride is " + std::to_string(type.row_stride()) + ", expected 0 or more");
  if (problemCount_ != before)
    return false;
  for (uint32_t i = 0; i < rank; ++i)
    checkDim(*type.dims()->Get(i), sizeOf(program_.symbols()), LoopSymbols::refused, where);
  if (problemCount_ != before)
    return false;

  // Constant dims are checked here, once; products with run-time sizes when those are known. Bounds well inside 64 bits
  // leave room for element sizes and padding.
  constexpr int64_t largest = int64_t(1) << 48;
  int64_t product = 1, row = 1;
  bool overflow = false, constantRow = true, constant = true;
  for (uint32_t i = 0; i < rank; ++i) {
    const bundle::Dim &dim = *type.dims()->Get(i);
    bool inRow = i >= rank - type.row_rank();
    constant &= dim.symbol() < 0;
    constantRow &= !inRow || dim.symbol() < 0;
    int64_t value = dim.symbol() < 0 ? dim.value() : 1;
    overflow |= __builtin_mul_overflow(product, value, &product) || product > largest;
    if (inRow && dim.symbol() < 0)
      overflow |= __builtin_mul_overflow(row, value, &row);
  }
  if (overflow || type.row_stride() > largest)
    problem(where, "constant sizes multiply to more than 2^48 elements");
  else if (type.row_stride() != 0 && !constantRow)
    problem(where, "rows that have a row_stride must have constant size");
  else if (type.row_stride() != 0 && type.row_stride() < row)
    problem(where,
            "row_stride is " + std::to_string(type.row_stride()) + ", rows have " + std::to_string(row) + " elements");
  else if (type.row_stride() != 0 && product / (row ? row : 1) > largest / type.row_stride())
    problem(where, "rows and their gaps are more than 2^48 elements");
  if (type.layout() == bundle::Layout::tiles) {
    const recipe::Tile tile = recipe::tileOf(type);
    auto fits = [](int64_t size) { return size >= 1 && size <= recipe::largestTile; };
    if (!fits(tile.rows) || !fits(tile.columns))
      problem(where, "tiles are " + tile.text() + ", expected rows and columns from 1 to " +
                         std::to_string(recipe::largestTile));
    else if (!recipe::isFirstTile(tile, type.dtype()))
      checkFeature(bundle_format::tileSizes, where);
    if (rank < 2)
      problem(where, "tiles of rank " + std::to_string(rank) + ", expected at least 2");
    if (!constant)
      problem(where, "tiles must have constant sizes");
  }
  return problemCount_ == before;
}

bool Verifier::checkConstantType(const bundle::BufferType &type, const std::string &where) {
  if (!checkType(type, where))
    return false;
  for (uint32_t i = 0; i < rankOf(type); ++i)
    if (type.dims()->Get(i)->symbol() >= 0) {
      problem(where, "has sizes that are not constant: " + describe(type, program_));
      return false;
    }
  return true;
}

} // namespace veomni::verify
