// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Assembly.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

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

//===--- Dim ---------------------------------------------------------------------------------------------------------------------===//

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

//===--- Extent ------------------------------------------------------------------------------------------------------------------===//

LogicalResult ExtentAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<Dim> factors, int64_t divisor) {
  for (Dim factor : factors)
    if (factor.value < 0)
      return emitError() << "factor is " << factor.value << ", expected at least 0";
  if (divisor < 1)
    return emitError() << "divisor is " << divisor << ", expected at least 1";
  return success();
}

std::optional<int64_t> ExtentAttr::getConstant() const {
  int64_t product = 1;
  for (Dim factor : getFactors())
    if (!factor.isConstant() || llvm::MulOverflow(product, factor.value, product))
      return std::nullopt;
  return llvm::divideCeilSigned(product, getDivisor());
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
  if (factors.empty() && parseDim(parser, factors))
    return failure();
  while (succeeded(parser.parseOptionalStar()))
    if (parseDim(parser, factors))
      return failure();
  if (divides && (parser.parseComma() || parser.parseInteger(divisor) || parser.parseRParen()))
    return failure();
  extent = parser.getChecked<ExtentAttr>(loc, parser.getContext(), ArrayRef<Dim>(factors), divisor);
  return success(extent != nullptr);
}

void veomni::rt::printExtent(AsmPrinter &printer, ExtentAttr extent) {
  if (extent.getDivisor() != 1)
    printer << "ceildiv(";
  if (extent.getFactors().empty())
    printer << 1;
  llvm::interleave(extent.getFactors(), printer, [&](Dim dim) { printDim(printer, dim); }, " * ");
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

//===--- Variant -----------------------------------------------------------------------------------------------------------------===//

LogicalResult VariantAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringAttr cpu, ArrayAttr features,
                                  DenseResourceElementsAttr data) {
  for (Attribute feature : features)
    if (!isa<StringAttr>(feature))
      return emitError() << "feature is " << feature << ", expected a string";
  auto type = dyn_cast<RankedTensorType>(data.getType());
  if (!type || type.getRank() != 1 || !type.hasStaticShape() || !type.getElementType().isSignlessInteger(8))
    return emitError() << "data is a " << data.getType() << ", expected tensor<Nxi8>";
  return success();
}

VariantAttr VariantAttr::create(MLIRContext *context, StringRef cpu, ArrayRef<StringRef> features, StringRef executable, StringRef code) {
  Builder builder(context);
  auto type = RankedTensorType::get(int64_t(code.size()), builder.getI8Type());
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(ArrayRef<char>(code.data(), code.size()), 64);
  // Names of resources print as they are, and only identifiers read back.
  std::string name = (executable + "_" + cpu).str();
  for (char &c : name)
    c = llvm::isAlnum(c) ? c : '_';
  if (llvm::isDigit(name.front()))
    name.insert(name.begin(), '_');
  auto data = DenseResourceElementsAttr::get(type, name, std::move(blob));
  return get(context, builder.getStringAttr(cpu), builder.getStrArrayAttr(features), data);
}

StringRef VariantAttr::getCode() const {
  const AsmResourceBlob *blob = getData().getRawHandle().getBlob();
  return blob ? StringRef(blob->getData().data(), blob->getData().size()) : StringRef();
}
