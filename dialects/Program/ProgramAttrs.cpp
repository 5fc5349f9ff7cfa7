// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attributes of the program dialect: extents, dims, operands and code, their text and their verifiers.
#include "Assembly.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace veomni::rt;

#define GET_ATTRDEF_CLASSES
#include "veomni/Dialect/Program/ProgramAttrs.cpp.inc"

void ProgramDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "veomni/Dialect/Program/ProgramAttrs.cpp.inc"
      >();
}

ParseResult veomni::rt::parseAccess(AsmParser &parser, Access &access) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (failed(parser.parseOptionalKeyword(&keyword, {"read", "write", "read_write"})))
    return parser.emitError(loc, "expected an access: read, write or read_write");
  access = *symbolizeAccess(keyword);
  return success();
}

//===--- Dim ------------------------------------------------------------------------------------------------------===//

Attribute DimAttr::parse(AsmParser &parser, Type) {
  SmallVector<Dim, 1> dims;
  if (parser.parseLess() || parseDim(parser, dims) || parser.parseGreater())
    return {};
  return get(parser.getContext(), dims.front());
}

void DimAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printDim(printer, getValue());
  printer << ">";
}

//===--- Extent ---------------------------------------------------------------------------------------------------===//

/// The products and the divisor of ceil(sum / divisor) in canonical form.
static SmallVector<Product> canonicalProducts(const SizePolynomial &sum, int64_t &divisor) {
  // What all numbers and the divisor have in common changes nothing: ceil(4 a / 2) = 2 a.
  int64_t common = std::max<int64_t>(divisor, 1);
  for (const SizePolynomial::Term &term : sum.terms())
    common = int64_t(std::gcd(uint64_t(common), llvm::AbsoluteValue(term.coefficient)));
  SmallVector<Product> products;
  for (const SizePolynomial::Term &term : sum.terms())
    products.push_back({term.coefficient / common, term.symbols});
  divisor /= common;
  if (std::optional<int64_t> constant = sum.constant(); constant && divisor > 1) {
    if (!products.empty())
      products[0].coefficient = llvm::divideCeilSigned(products[0].coefficient, divisor);
    divisor = 1;
  }
  return products;
}

ExtentAttr ExtentAttr::get(MLIRContext *context, const SizePolynomial &sum, int64_t divisor) {
  SmallVector<Product> products = canonicalProducts(sum, divisor);
  return Base::get(context, ArrayRef<Product>(products), divisor);
}

ExtentAttr ExtentAttr::getChecked(function_ref<InFlightDiagnostic()> emitError, MLIRContext *context,
                                  const SizePolynomial &sum, int64_t divisor) {
  SmallVector<Product> products = canonicalProducts(sum, divisor);
  return Base::getChecked(emitError, context, ArrayRef<Product>(products), divisor);
}

ExtentAttr ExtentAttr::get(MLIRContext *context, ArrayRef<Dim> factors, int64_t divisor) {
  std::optional<SizePolynomial> product = multiply(factors);
  assert(product && "sizes of types that verify are small");
  return get(context, product ? *product : SizePolynomial(), divisor);
}

std::optional<SizePolynomial> ExtentAttr::multiply(ArrayRef<Dim> factors) {
  SizePolynomial product = SizePolynomial::constant(1);
  for (Dim factor : factors)
    if (!product.multiply(factor.isConstant() ? SizePolynomial::constant(factor.value)
                                              : SizePolynomial::symbol(factor.symbol)))
      return std::nullopt;
  return product;
}

SizePolynomial ExtentAttr::getSum() const {
  SizePolynomial sum;
  for (const Product &product : getProducts()) {
    SizePolynomial term = SizePolynomial::constant(product.coefficient);
    bool fits = true;
    for (StringAttr symbol : product.symbols)
      fits &= term.multiply(SizePolynomial::symbol(symbol));
    fits &= sum.add(term);
    assert(fits && "the attribute was made of such a sum");
    (void)fits;
  }
  return sum;
}

SmallVector<StringAttr> ExtentAttr::getSymbols() const {
  SmallVector<StringAttr> symbols;
  for (const Product &product : getProducts())
    llvm::append_range(symbols, product.symbols);
  return symbols;
}

LogicalResult ExtentAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<Product> products,
                                 int64_t divisor) {
  if (divisor < 1)
    return emitError() << "divisor is " << divisor << ", expected at least 1";
  if (products.size() == 1 && products[0].symbols.empty() && products[0].coefficient < 0)
    return emitError() << "size is " << products[0].coefficient << ", expected at least 0";
  return success();
}

std::optional<int64_t> ExtentAttr::getConstant() const {
  if (getProducts().empty())
    return 0;
  if (getProducts().size() > 1 || !getProducts()[0].symbols.empty())
    return std::nullopt;
  return llvm::divideCeilSigned(getProducts()[0].coefficient, getDivisor());
}

/// `batch * seq * 4`; added to or subtracted from `sum`.
static ParseResult parseProduct(AsmParser &parser, SmallVectorImpl<Dim> &factors, bool subtract, SizePolynomial &sum) {
  SMLoc loc = parser.getCurrentLocation();
  if (factors.empty() && parseDim(parser, factors))
    return failure();
  while (succeeded(parser.parseOptionalStar()))
    if (parseDim(parser, factors))
      return failure();
  if (subtract)
    factors.push_back(-1);
  std::optional<SizePolynomial> product = ExtentAttr::multiply(factors);
  if (!product || !sum.add(*product))
    return parser.emitError(loc) << "size is too large, expected at most " << SizePolynomial::mostTerms
                                 << " products of " << SizePolynomial::mostSymbols
                                 << " symbols, and numbers of 64 bits";
  return success();
}

ParseResult veomni::rt::parseExtent(AsmParser &parser, ExtentAttr &extent) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<Dim> factors;
  int64_t divisor = 1;
  bool divides = false;
  if (succeeded(parser.parseOptionalKeyword("ceildiv"))) {
    divides = succeeded(parser.parseOptionalLParen());
    if (!divides) // a symbol of that name
      factors.push_back(StringAttr::get(parser.getContext(), "ceildiv"));
  }
  SizePolynomial sum;
  bool subtract = factors.empty() && succeeded(parser.parseOptionalMinus());
  do {
    if (parseProduct(parser, factors, subtract, sum))
      return failure();
    factors.clear();
    subtract = succeeded(parser.parseOptionalMinus());
  } while (subtract || succeeded(parser.parseOptionalPlus()));
  if (divides && (parser.parseComma() || parser.parseInteger(divisor) || parser.parseRParen()))
    return failure();
  extent = ExtentAttr::getChecked([&] { return parser.emitError(loc); }, parser.getContext(), sum, divisor);
  return success(extent != nullptr);
}

/// A product without its sign.
static void printProduct(AsmPrinter &printer, const Product &product) {
  llvm::interleave(product.symbols, printer, [&](StringAttr symbol) { printDim(printer, symbol); }, " * ");
  uint64_t number = llvm::AbsoluteValue(product.coefficient);
  if (product.symbols.empty() || number != 1)
    printer << (product.symbols.empty() ? "" : " * ") << number;
}

void veomni::rt::printExtent(AsmPrinter &printer, ExtentAttr extent) {
  if (extent.getDivisor() != 1)
    printer << "ceildiv(";
  if (extent.getProducts().empty())
    printer << 0;
  // What is subtracted comes last: `seq - rank`.
  SmallVector<Product> products;
  for (bool negative : {false, true})
    llvm::copy_if(extent.getProducts(), std::back_inserter(products),
                  [&](const Product &product) { return (product.coefficient < 0) == negative; });
  for (auto [index, product] : llvm::enumerate(products)) {
    bool negative = product.coefficient < 0;
    if (index > 0)
      printer << (negative ? " - " : " + ");
    else if (negative)
      printer << "-";
    printProduct(printer, product);
  }
  if (extent.getDivisor() != 1)
    printer << ", " << extent.getDivisor() << ")";
}

Attribute ExtentAttr::parse(AsmParser &parser, Type) {
  ExtentAttr extent;
  if (parser.parseLess() || parseExtent(parser, extent) || parser.parseGreater())
    return {};
  return extent;
}

void ExtentAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printExtent(printer, *this);
  printer << ">";
}

//===--- Variant --------------------------------------------------------------------------------------------------===//

LogicalResult VariantAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringAttr target, StringAttr level,
                                  ArrayAttr features, DenseResourceElementsAttr data) {
  if (target.empty() || level.empty())
    return emitError() << "is for target " << target << " and level " << level << ", expected no empty name";
  for (Attribute feature : features)
    if (!isa<StringAttr>(feature))
      return emitError() << "feature is " << feature << ", expected a string";
  if (!data)
    return success();
  auto type = dyn_cast<RankedTensorType>(data.getType());
  if (!type || type.getRank() != 1 || !type.hasStaticShape() || !type.getElementType().isSignlessInteger(8))
    return emitError() << "data is a " << data.getType() << ", expected tensor<Nxi8>";
  return success();
}

VariantAttr VariantAttr::create(MLIRContext *context, StringRef target, StringRef level, ArrayRef<StringRef> features,
                                StringRef executable, std::optional<StringRef> code) {
  Builder builder(context);
  auto withData = [&](DenseResourceElementsAttr data) {
    return get(context, builder.getStringAttr(target), builder.getStringAttr(level), builder.getStrArrayAttr(features),
               data);
  };
  if (!code)
    return withData({});
  auto type = RankedTensorType::get(int64_t(code->size()), builder.getI8Type());
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(ArrayRef<char>(code->data(), code->size()), 64);
  // Names of resources print as they are, and only identifiers read back.
  std::string name = (executable + "_" + level).str();
  for (char &c : name)
    c = llvm::isAlnum(c) ? c : '_';
  if (llvm::isDigit(name.front()))
    name.insert(name.begin(), '_');
  return withData(DenseResourceElementsAttr::get(type, name, std::move(blob)));
}

StringRef VariantAttr::getCode() const {
  const AsmResourceBlob *blob = getData() ? getData().getRawHandle().getBlob() : nullptr;
  return blob ? StringRef(blob->getData().data(), blob->getData().size()) : StringRef();
}
