// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffer type: its text, its verifier and its size in memory.
#include "Assembly.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace veomni::rt;

#define GET_TYPEDEF_CLASSES
#include "veomni/Dialect/Program/ProgramTypes.cpp.inc"

void ProgramDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "veomni/Dialect/Program/ProgramTypes.cpp.inc"
      >();
}

//===--- Dims -----------------------------------------------------------------------------------------------------===//

ParseResult veomni::rt::parseDim(AsmParser &parser, SmallVectorImpl<Dim> &dims) {
  int64_t value = 0;
  OptionalParseResult integer = parser.parseOptionalInteger(value);
  if (integer.has_value()) {
    dims.push_back(value);
    return *integer;
  }
  std::string name;
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeywordOrString(&name)))
    return parser.emitError(loc, "expected an integer or the name of a symbol");
  dims.push_back(StringAttr::get(parser.getContext(), name));
  return success();
}

void veomni::rt::printDim(AsmPrinter &printer, Dim dim) {
  if (dim.isConstant())
    printer << dim.value;
  else
    printer.printKeywordOrString(dim.symbol.getValue());
}

//===--- Buffers --------------------------------------------------------------------------------------------------===//

int64_t BufferType::getDenseRowStride(ArrayRef<Dim> dims, unsigned rowRank) {
  int64_t product = 1;
  for (Dim dim : dims.take_back(std::min<size_t>(rowRank, dims.size()))) {
    if (!dim.isConstant())
      return 0;
    // Types that overflow do not verify.
    product = int64_t(uint64_t(product) * uint64_t(dim.value));
  }
  return product;
}

unsigned BufferType::getElementBytes(Type type) {
  if (type.isF64() || type.isSignlessInteger(64))
    return 8;
  if (type.isF32() || type.isSignlessInteger(32))
    return 4;
  if (type.isBF16() || type.isF16())
    return 2;
  if (isa<Float8E4M3FNType>(type) || type.isSignlessInteger(8) || type.isUnsignedInteger(8) ||
      type.isSignlessInteger(1))
    return 1;
  return 0;
}

/// The product of dims and constants.
static ExtentAttr getProduct(MLIRContext *context, ArrayRef<Dim> dims, ArrayRef<int64_t> constants) {
  SmallVector<Dim> factors(dims);
  llvm::append_range(factors, constants);
  return ExtentAttr::get(context, factors);
}

ExtentAttr BufferType::getRows() const { return getProduct(getContext(), getLeadingDims(), {}); }

/// Elements (`elementBytes` = 1) or bytes.
static ExtentAttr getSize(BufferType type, int64_t elementBytes) {
  MLIRContext *context = type.getContext();
  ArrayRef<Dim> dims = type.getDims();
  if (Tile tile = type.getTile()) {
    int64_t n = dims[dims.size() - 2].value, k = dims.back().value;
    return getProduct(context, dims.drop_back(2),
                      {int64_t(llvm::alignTo(n, tile.rows)), int64_t(llvm::alignTo(k, tile.columns)), elementBytes});
  }
  if (type.getRowStride() == 0)
    return getProduct(context, dims, elementBytes);
  return getProduct(context, type.getLeadingDims(), {type.getRowStride(), elementBytes});
}

ExtentAttr BufferType::getElements() const { return getSize(*this, 1); }
ExtentAttr BufferType::getBytes() const { return getSize(*this, getElementBytes(getElementType())); }

LogicalResult BufferType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<Dim> dims, Type elementType,
                                 unsigned rowRank, int64_t rowStride, Tile tile) {
  if (getElementBytes(elementType) == 0)
    return emitError() << "element type is " << elementType
                       << ", expected one of f32, bf16, f16, f64, f8E4M3FN, i64, i32, i8, ui8, i1";
  constexpr size_t mostDims = 16;
  if (dims.size() > mostDims)
    return emitError() << "has " << dims.size() << " dims, expected at most " << mostDims;
  // Leaves room for element sizes, padding and the gaps between rows.
  constexpr int64_t largest = int64_t(1) << 48;
  int64_t elements = 1;
  for (Dim dim : dims) {
    if (!dim.isConstant())
      continue;
    if (dim.value < 1)
      return emitError() << "dim is " << dim.value << ", expected at least 1";
    if (llvm::MulOverflow(elements, dim.value, elements) || elements > largest)
      return emitError() << "constant dims multiply to more than 2^48 elements";
  }
  if (rowRank > dims.size() || (rowRank == 0 && !dims.empty()))
    return emitError() << "row_rank is " << rowRank << ", expected 1 to the number of dims, " << dims.size();
  int64_t dense = getDenseRowStride(dims, rowRank);
  if (dense == 0 && rowStride != 0)
    return emitError() << "row_stride is " << rowStride << " though a row's size is not constant";
  if (rowStride < dense)
    return emitError() << "row_stride is " << rowStride << ", expected at least the size of a row, " << dense;
  if (dense != 0 && rowStride > largest / (elements / dense))
    return emitError() << "rows and the gaps between them take more than 2^48 elements";
  if (!tile && tile.columns == 0)
    return success();
  auto fits = [](int64_t size) { return size >= 1 && size <= recipe::largestTile; };
  if (!fits(tile.rows) || !fits(tile.columns))
    return emitError() << "tiles are " << tile.text() << ", expected rows and columns from 1 to "
                       << recipe::largestTile;
  if (dims.size() < 2 || !dims[dims.size() - 2].isConstant() || !dims.back().isConstant())
    return emitError() << "tiles need two constant last dims";
  if (rowRank != 1 || rowStride != dense)
    return emitError() << "tiles have neither row_rank nor row_stride";
  return success();
}

Type BufferType::parse(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<Dim> dims;
  Type elementType;
  if (parser.parseLess() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] { return parseDim(parser, dims); }) ||
      parser.parseKeyword("x", " between dims and element type") || parser.parseType(elementType))
    return {};
  int64_t rowRank = 1, rowStride = 0;
  Tile tile;
  // Each at most once and in this order, so that every type has one spelling.
  int next = 0;
  while (succeeded(parser.parseOptionalComma())) {
    SMLoc keyLoc = parser.getCurrentLocation();
    StringRef key;
    if (parser.parseKeyword(&key))
      return {};
    int place = llvm::StringSwitch<int>(key).Case("row_rank", 1).Case("row_stride", 2).Case("tiles", 3).Default(0);
    if (place <= next) {
      parser.emitError(keyLoc) << "found '" << key
                               << "', expected row_rank, row_stride, tiles, each at most once and in this order";
      return {};
    }
    next = place;
    if (parser.parseEqual())
      return {};
    auto parseTile = [&]() -> ParseResult {
      return failure(parser.parseLSquare() || parser.parseInteger(tile.rows) || parser.parseComma() ||
                     parser.parseInteger(tile.columns) || parser.parseRSquare());
    };
    if (place == 3 ? parseTile() : parser.parseInteger(place == 1 ? rowRank : rowStride))
      return {};
    // No rows and columns would be no tiles.
    if (place == 3 && tile == Tile()) {
      parser.emitError(keyLoc) << "tiles are [0, 0], expected rows and columns from 1";
      return {};
    }
    if ((place == 1 && rowRank < 1) || (place == 2 && rowStride < 1)) {
      parser.emitError(keyLoc) << key << " is " << (place == 1 ? rowRank : rowStride) << ", expected at least 1";
      return {};
    }
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<BufferType>(loc, parser.getContext(), ArrayRef<Dim>(dims), elementType,
                                       unsigned(std::min<int64_t>(rowRank, UINT32_MAX)), rowStride, tile);
}

void BufferType::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getDims(), printer, [&](Dim dim) { printDim(printer, dim); });
  printer << "] x " << getElementType();
  if (getRowRank() > 1)
    printer << ", row_rank = " << getRowRank();
  if (!isDense())
    printer << ", row_stride = " << getRowStride();
  if (getTile())
    printer << ", tiles = [" << getTile().rows << ", " << getTile().columns << "]";
  printer << ">";
}
