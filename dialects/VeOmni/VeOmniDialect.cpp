// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registration, and the verification of the attributes that functions carry.
#include "Assembly.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using namespace mlir;
using namespace veomni;

#include "veomni/Dialect/VeOmni/VeOmniDialect.cpp.inc"
#include "veomni/Dialect/VeOmni/VeOmniEnums.cpp.inc"
#include "veomni/Dialect/VeOmni/VeOmniInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "veomni/Dialect/VeOmni/VeOmniAttrs.cpp.inc"

void VeOmniDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "veomni/Dialect/VeOmni/VeOmniAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "veomni/Dialect/VeOmni/VeOmniOps.cpp.inc"
      >();
}

namespace {

/// Axis names: one non-empty string per leading dynamic dimension of a tensor.
LogicalResult verifyAxes(Operation *op, Type type, Attribute value) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto names = dyn_cast<ArrayAttr>(value);
  if (!tensor || !names)
    return op->emitOpError() << "'veomni.axes' must be an array of names on a ranked tensor, found " << value << " on "
                             << type;
  int64_t dynamic = llvm::count_if(tensor.getShape(), ShapedType::isDynamic);
  if (static_cast<int64_t>(names.size()) != dynamic)
    return op->emitOpError() << "'veomni.axes' must name each of the " << dynamic << " dynamic dims of " << type
                             << ", found " << names.size();
  for (Attribute name : names)
    if (auto string = dyn_cast<StringAttr>(name); !string || string.empty())
      return op->emitOpError() << "'veomni.axes' must name the dynamic dims of " << type << ", found " << value;
  return success();
}

LogicalResult verifyName(Operation *op, Attribute value) {
  if (!isa<StringAttr>(value))
    return op->emitOpError() << "'veomni.name' must be a string, found " << value;
  return success();
}

} // namespace

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef target, StringRef level) {
  if (target.empty() || level.empty())
    return emitError() << "names target '" << target << "' and level '" << level << "', expected no empty name";
  return success();
}

LogicalResult MeshAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<StringAttr> axes,
                               ArrayRef<int64_t> sizes, ArrayRef<bool> redividing) {
  constexpr size_t most = 16;
  constexpr int64_t mostRanks = std::numeric_limits<int32_t>::max();
  if (axes.empty() || axes.size() > most || axes.size() != sizes.size() || axes.size() != redividing.size())
    return emitError() << "mesh has " << axes.size() << " axes and " << sizes.size() << " sizes, expected 1 to " << most
                       << " of each";
  int64_t ranks = 1;
  llvm::SmallDenseSet<StringAttr> seen;
  for (auto [axis, size, redivides] : llvm::zip(axes, sizes, redividing)) {
    if (axis.empty() || axis.getValue().contains('@') || !seen.insert(axis).second)
      return emitError() << "mesh has an axis '" << axis.getValue()
                         << "', expected names that are not empty, hold no '@' and occur once";
    if (size < 1 || size > mostRanks / (redivides ? 1 : ranks))
      return emitError() << "axis '" << axis.getValue() << "' of the mesh has size " << size
                         << ", expected at least 1 and at most " << mostRanks << " ranks in all";
    ranks *= redivides ? 1 : size;
  }
  for (auto [axis, size, redivides] : llvm::zip(axes, sizes, redividing))
    if (redivides && ranks % size != 0)
      return emitError() << "axis '" << axis.getValue() << "' of the mesh has size " << size
                         << ", which does not divide the " << ranks << " ranks of the other axes that it re-divides";
  return success();
}

Attribute MeshAttr::parse(AsmParser &parser, Type) {
  SmallVector<StringAttr> axes;
  SmallVector<int64_t> sizes;
  SmallVector<bool> redividing;
  SMLoc loc = parser.getCurrentLocation();
  auto parseAxis = [&]() -> ParseResult {
    if (parser.parseAttribute(axes.emplace_back()) || parser.parseEqual() || parser.parseInteger(sizes.emplace_back()))
      return failure();
    redividing.push_back(succeeded(parser.parseOptionalKeyword("redivides")));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, parseAxis))
    return {};
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(), axes, sizes, redividing);
}

void MeshAttr::print(AsmPrinter &printer) const {
  printer << "<";
  llvm::interleaveComma(llvm::zip_equal(getAxes(), getSizes(), getRedividing()), printer, [&](auto axis) {
    printer << std::get<0>(axis) << " = " << std::get<1>(axis) << (std::get<2>(axis) ? " redivides" : "");
  });
  printer << ">";
}

std::optional<int64_t> MeshAttr::ranksAlong(StringRef axis) const {
  for (auto [name, size] : llvm::zip_equal(getAxes(), getSizes()))
    if (name.getValue() == axis)
      return size;
  return std::nullopt;
}

MeshAttr MeshAttr::of(Operation *op) {
  auto module = isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  return module ? module->getAttrOfType<MeshAttr>(VeOmniDialect::kMesh) : MeshAttr();
}

LogicalResult VeOmniDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argIndex,
                                                      NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitOpError() << "'" << attribute.getName() << "' belongs on function arguments";
  Type type = function.getArgumentTypes()[argIndex];
  StringRef name = attribute.getName();
  if (name == kAxes)
    return verifyAxes(op, type, attribute.getValue());
  if (name == kName)
    return verifyName(op, attribute.getValue());
  if (name == kDefault) {
    auto value = dyn_cast<StringAttr>(attribute.getValue());
    if (!value || (value != "ones" && value != "iota"))
      return op->emitOpError() << "'veomni.default' must be \"ones\" or \"iota\", found " << attribute.getValue();
    return success();
  }
  if (name == kRange) {
    auto range = dyn_cast<DenseI64ArrayAttr>(attribute.getValue());
    if (!range || range.size() != 2 || range[0] > range[1])
      return op->emitOpError() << "'veomni.range' must be array<i64: lowest, highest>, found " << attribute.getValue();
    return success();
  }
  if (name == kIgnored) {
    auto value = dyn_cast<IntegerAttr>(attribute.getValue());
    if (!value || !value.getType().isInteger(64))
      return op->emitOpError() << "'veomni.ignored' must be an i64, found " << attribute.getValue();
    auto range = function.getArgAttrOfType<DenseI64ArrayAttr>(argIndex, kRange);
    if (range && range.size() != 2)
      return success(); // told where the range is looked at
    const bool bounded = range || function.getArgAttr(argIndex, kBelow);
    const int64_t low = range ? range[0] : 0, high = range ? range[1] : std::numeric_limits<int64_t>::max();
    if (!bounded || (value.getInt() >= low && value.getInt() <= high))
      return op->emitOpError() << "'veomni.ignored' is " << value.getInt()
                               << ", which is no exception: expected a value outside of "
                               << (range     ? "'veomni.range'"
                                   : bounded ? "what 'veomni.below' allows"
                                             : "a 'veomni.range'");
    return success();
  }
  if (name == kBelow) // phase lower, which knows extents, checks what it is
    return success();
  if (name == kRowsOf) {
    auto rows = dyn_cast<DictionaryAttr>(attribute.getValue());
    if (!rows || rows.size() != 2 || !rows.getAs<StringAttr>("input") || !rows.getAs<IntegerAttr>("value") ||
        !rows.getAs<IntegerAttr>("value").getType().isInteger(64))
      return op->emitOpError() << "'veomni.rows_of' must be {input = \"name\", value = 0 : i64}, found "
                               << attribute.getValue();
    return success();
  }
  if (name == kCuSeqlens)
    return isa<UnitAttr>(attribute.getValue())
               ? success()
               : LogicalResult(op->emitOpError() << "'veomni.accepts_cu_seqlens' has no value");
  return op->emitOpError() << "unknown argument attribute '" << name
                           << "'; known: veomni.axes, veomni.name, veomni.default, veomni.range, veomni.ignored, "
                              "veomni.below, veomni.rows_of, veomni.accepts_cu_seqlens";
}

LogicalResult VeOmniDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned resultIndex,
                                                         NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitOpError() << "'" << attribute.getName() << "' belongs on function results";
  if (attribute.getName() == kAxes)
    return verifyAxes(op, function.getResultTypes()[resultIndex], attribute.getValue());
  if (attribute.getName() == kName)
    return verifyName(op, attribute.getValue());
  return op->emitOpError() << "unknown result attribute '" << attribute.getName()
                           << "'; known: veomni.axes, veomni.name";
}

LogicalResult VeOmniDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == kClass || name == kMethod) {
    if (!isa<FunctionOpInterface>(op) || !isa<StringAttr>(attribute.getValue()))
      return op->emitOpError() << "'" << name << "' must be a string on a function";
    return success();
  }
  if (name == kMetadata) {
    if (!isa<ModuleOp>(op) || !isa<DictionaryAttr>(attribute.getValue()))
      return op->emitOpError() << "'veomni.metadata' must be a dictionary on the module";
    return success();
  }
  if (name == kTarget) {
    if (!isa<ModuleOp>(op) || !isa<TargetAttr>(attribute.getValue()))
      return op->emitOpError() << "'veomni.target' must be a #veomni.target<...> on the module";
    return success();
  }
  if (name == kMesh) {
    if (!isa<ModuleOp>(op) || !isa<MeshAttr>(attribute.getValue()))
      return op->emitOpError() << "'veomni.mesh' must be a #veomni.mesh<...> on the module";
    return success();
  }
  if (name == kKernel) {
    auto kernel = dyn_cast<StringAttr>(attribute.getValue());
    if (!kernel || kernel.getValue().empty())
      return op->emitOpError() << "'veomni.kernel' must be the name of an implementation, found "
                               << attribute.getValue();
    return success();
  }
  return op->emitOpError() << "unknown attribute '" << name
                           << "'; known: veomni.class, veomni.kernel, veomni.mesh, veomni.method, veomni.metadata, "
                              "veomni.target";
}

#define GET_OP_CLASSES
#include "veomni/Dialect/VeOmni/VeOmniOps.cpp.inc"
