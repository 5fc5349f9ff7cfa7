// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of a module: how they read, how they are made, and what each must satisfy by itself.
#include "Assembly.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "veomni/Dialect/Weight/ElementTypes.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::rt;

constexpr int64_t int64Min = std::numeric_limits<int64_t>::min();
constexpr int64_t int64Max = std::numeric_limits<int64_t>::max();

//===--- Parts of the assembly ------------------------------------------------------------------------------------===//

static ParseResult parseDefinition(OpAsmParser &parser, SymbolKindAttr &kind, ExtentAttr &extent,
                                   StringAttr &meshAxis) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (failed(parser.parseOptionalKeyword(&keyword, {"axis", "given", "derived", "part", "loop", "counted"})))
    return parser.emitError(
        loc, "expected a definition: axis, given, derived(extent), part(extent over axis), loop or counted");
  kind = SymbolKindAttr::get(parser.getContext(), *symbolizeSymbolKind(keyword));
  const bool isPart = kind.getValue() == SymbolKind::part;
  if (kind.getValue() != SymbolKind::derived && !isPart)
    return success();
  return failure(parser.parseLParen() || parseExtent(parser, extent) ||
                 (isPart && (parser.parseKeyword("over") || parser.parseAttribute(meshAxis))) || parser.parseRParen());
}

static void printDefinition(OpAsmPrinter &printer, Operation *, SymbolKindAttr kind, ExtentAttr extent,
                            StringAttr meshAxis) {
  printer << stringifySymbolKind(kind.getValue());
  if (extent) {
    printer << "(";
    printExtent(printer, extent);
    if (meshAxis)
      printer << " over " << meshAxis;
    printer << ")";
  }
}

static ParseResult parseBound(OpAsmParser &parser, ExtentAttr &extent) { return parseExtent(parser, extent); }
static void printBound(OpAsmPrinter &printer, Operation *, ExtentAttr extent) { printExtent(printer, extent); }

static ParseResult parseRange(OpAsmParser &parser, IntegerAttr &min, IntegerAttr &max) {
  if (failed(parser.parseOptionalKeyword("range")))
    return success();
  int64_t low = 0, high = 0;
  if (parser.parseLParen() || parser.parseInteger(low) || parser.parseComma() || parser.parseInteger(high) ||
      parser.parseRParen())
    return failure();
  min = parser.getBuilder().getI64IntegerAttr(low);
  max = parser.getBuilder().getI64IntegerAttr(high);
  return success();
}

/// ` range(min, max)`, unless it is what `range` is when not given.
static void printRange(OpAsmPrinter &printer, IntegerAttr min, IntegerAttr max, int64_t defaultMin) {
  int64_t low = min ? min.getInt() : defaultMin, high = max ? max.getInt() : int64Max;
  if (low != defaultMin || high != int64Max)
    printer << " range(" << low << ", " << high << ")";
}

static ParseResult parseSymbolRange(OpAsmParser &parser, IntegerAttr &min, IntegerAttr &max) {
  return parseRange(parser, min, max);
}
static void printSymbolRange(OpAsmPrinter &printer, Operation *, IntegerAttr min, IntegerAttr max) {
  printRange(printer, min, max, 0);
}
static ParseResult parseInputRange(OpAsmParser &parser, IntegerAttr &min, IntegerAttr &max) {
  return parseRange(parser, min, max);
}
static void printInputRange(OpAsmPrinter &printer, Operation *, IntegerAttr min, IntegerAttr max) {
  printRange(printer, min, max, int64Min);
}

static ParseResult parseVariants(OpAsmParser &parser, ArrayAttr &variants) {
  SmallVector<Attribute> list;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        list.push_back(VariantAttr::parse(parser, {}));
        return success(list.back() != nullptr);
      }))
    return failure();
  variants = parser.getBuilder().getArrayAttr(list);
  return success();
}

static void printVariants(OpAsmPrinter &printer, Operation *, ArrayAttr variants) {
  printer << "[";
  llvm::interleaveComma(variants.getAsRange<VariantAttr>(), printer,
                        [&](VariantAttr variant) { variant.print(printer); });
  printer << "]";
}

static ParseResult parseKernelSource(OpAsmParser &parser, StringAttr &kind, DictionaryAttr &config,
                                     FlatSymbolRefAttr &executable) {
  if (succeeded(parser.parseOptionalKeyword("in"))) {
    if (parser.parseAttribute(executable))
      return failure();
    return succeeded(parser.parseOptionalKeyword("of")) ? parser.parseAttribute(kind) : success();
  }
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalEqual()))
    return parser.emitError(loc, "expected '= \"kind\"' or 'in @executable'");
  if (parser.parseAttribute(kind))
    return failure();
  NamedAttrList attributes;
  if (parser.parseOptionalAttrDict(attributes))
    return failure();
  if (!attributes.empty())
    config = attributes.getDictionary(parser.getContext());
  return success();
}

static void printKernelSource(OpAsmPrinter &printer, Operation *, StringAttr kind, DictionaryAttr config,
                              FlatSymbolRefAttr executable) {
  if (executable) {
    printer << "in " << executable;
    if (kind)
      printer << " of " << kind;
    return;
  }
  printer << "= " << kind;
  if (config && !config.empty())
    printer << " " << config;
}

static ParseResult parseKernelOperands(OpAsmParser &parser, ArrayAttr &operands) {
  SmallVector<Attribute> list;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
        Access access = Access::read;
        BufferType type;
        if (parseAccess(parser, access) || parser.parseType(type))
          return failure();
        list.push_back(OperandAttr::get(access, type));
        return success();
      }))
    return failure();
  operands = parser.getBuilder().getArrayAttr(list);
  return success();
}

static void printKernelOperands(OpAsmPrinter &printer, Operation *, ArrayAttr operands) {
  printer << "(";
  llvm::interleaveComma(operands.getAsRange<OperandAttr>(), printer, [&](OperandAttr operand) {
    printer << stringifyAccess(operand.getAccess()) << " " << operand.getType();
  });
  printer << ")";
}

static ParseResult parseExtents(OpAsmParser &parser, ArrayAttr &extents) {
  SmallVector<Attribute> list;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
        ExtentAttr extent;
        if (parseExtent(parser, extent))
          return failure();
        list.push_back(extent);
        return success();
      }))
    return failure();
  extents = parser.getBuilder().getArrayAttr(list);
  return success();
}

static void printExtents(OpAsmPrinter &printer, Operation *, ArrayAttr extents) {
  printer << "(";
  llvm::interleaveComma(extents.getAsRange<ExtentAttr>(), printer,
                        [&](ExtentAttr extent) { printExtent(printer, extent); });
  printer << ")";
}

/// `keyword(extents)`, which stands only where there are some.
static ParseResult parseExtentsAfter(StringRef keyword, OpAsmParser &parser, ArrayAttr &extents) {
  if (succeeded(parser.parseOptionalKeyword(keyword)))
    return parseExtents(parser, extents);
  extents = parser.getBuilder().getArrayAttr({});
  return success();
}

static void printExtentsAfter(StringRef keyword, OpAsmPrinter &printer, Operation *op, ArrayAttr extents) {
  if (!extents || extents.empty())
    return;
  printer << " " << keyword;
  printExtents(printer, op, extents);
}

static ParseResult parseScalars(OpAsmParser &parser, ArrayAttr &scalars) {
  return parseExtentsAfter("scalars", parser, scalars);
}
static void printScalars(OpAsmPrinter &printer, Operation *op, ArrayAttr scalars) {
  printExtentsAfter("scalars", printer, op, scalars);
}
static ParseResult parseFlops(OpAsmParser &parser, ArrayAttr &flops) {
  return parseExtentsAfter("flops", parser, flops);
}
static void printFlops(OpAsmPrinter &printer, Operation *op, ArrayAttr flops) {
  printExtentsAfter("flops", printer, op, flops);
}

static ParseResult parseLibraryConfig(OpAsmParser &parser, DictionaryAttr &config) {
  NamedAttrList attributes;
  if (parser.parseOptionalAttrDict(attributes))
    return failure();
  if (!attributes.empty())
    config = attributes.getDictionary(parser.getContext());
  return success();
}

static void printLibraryConfig(OpAsmPrinter &printer, Operation *, DictionaryAttr config) {
  if (config && !config.empty())
    printer << " " << config;
}

static ParseResult parseLibraryOperands(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                                        SmallVectorImpl<Type> &types, ArrayAttr &signature) {
  SmallVector<Attribute> list;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
        Access access = Access::read;
        BufferType type;
        if (parseAccess(parser, access) || parser.parseOperand(operands.emplace_back()) || parser.parseColonType(type))
          return failure();
        types.push_back(type);
        list.push_back(OperandAttr::get(access, type));
        return success();
      }))
    return failure();
  signature = parser.getBuilder().getArrayAttr(list);
  return success();
}

static void printLibraryOperands(OpAsmPrinter &printer, Operation *, OperandRange operands, TypeRange,
                                 ArrayAttr signature) {
  printer << "(";
  llvm::interleaveComma(llvm::zip(operands, signature.getAsRange<OperandAttr>()), printer, [&](auto pair) {
    auto [operand, attribute] = pair;
    printer << stringifyAccess(attribute.getAccess()) << " " << operand << " : " << operand.getType();
  });
  printer << ")";
}

static ParseResult parseLoopCount(OpAsmParser &parser, DimAttr &count) {
  SmallVector<Dim, 1> dims;
  if (parseDim(parser, dims))
    return failure();
  count = DimAttr::get(parser.getContext(), dims.front());
  return success();
}

static void printLoopCount(OpAsmPrinter &printer, Operation *, DimAttr count) { printDim(printer, count.getValue()); }

#define GET_OP_CLASSES
#include "veomni/Dialect/Program/ProgramOps.cpp.inc"

//===--- Builders -------------------------------------------------------------------------------------------------===//

template <typename Attr> static ArrayAttr getArray(Builder &builder, ArrayRef<Attr> attrs) {
  return builder.getArrayAttr(SmallVector<Attribute>(attrs.begin(), attrs.end()));
}

static SymbolOp createSymbol(OpBuilder &builder, Location loc, StringRef name, SymbolKind kind, ExtentAttr extent = {},
                             int64_t min = 0, int64_t max = int64Max, StringAttr meshAxis = {}) {
  return SymbolOp::create(builder, loc, builder.getStringAttr(name), SymbolKindAttr::get(builder.getContext(), kind),
                          extent, meshAxis, builder.getI64IntegerAttr(min), builder.getI64IntegerAttr(max));
}

SymbolOp SymbolOp::createAxis(OpBuilder &builder, Location loc, StringRef name, int64_t min, int64_t max) {
  return createSymbol(builder, loc, name, SymbolKind::axis, {}, min, max);
}

SymbolOp SymbolOp::createGiven(OpBuilder &builder, Location loc, StringRef name) {
  return createSymbol(builder, loc, name, SymbolKind::given);
}

SymbolOp SymbolOp::createDerived(OpBuilder &builder, Location loc, StringRef name, ExtentAttr extent) {
  return createSymbol(builder, loc, name, SymbolKind::derived, extent);
}

SymbolOp SymbolOp::createPart(OpBuilder &builder, Location loc, StringRef name, ExtentAttr whole, StringRef meshAxis) {
  return createSymbol(builder, loc, name, SymbolKind::part, whole, 0, int64Max, builder.getStringAttr(meshAxis));
}

SymbolOp SymbolOp::createLoop(OpBuilder &builder, Location loc, StringRef name) {
  return createSymbol(builder, loc, name, SymbolKind::loop);
}

SymbolOp SymbolOp::createCounted(OpBuilder &builder, Location loc, StringRef name) {
  return createSymbol(builder, loc, name, SymbolKind::counted);
}

void EntryOp::build(OpBuilder &builder, OperationState &state, StringRef name, FuncOp function, unsigned paramBase) {
  build(builder, state, builder.getStringAttr(name), FlatSymbolRefAttr::get(function),
        builder.getI64IntegerAttr(paramBase));
  state.regions.front()->emplaceBlock();
}

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name, StringRef kind, DictionaryAttr config,
                     ArrayRef<OperandAttr> operands, unsigned scalarCount) {
  if (config && config.empty())
    config = {};
  build(builder, state, builder.getStringAttr(name), builder.getStringAttr(kind), config, FlatSymbolRefAttr(),
        getArray(builder, operands), builder.getI64IntegerAttr(scalarCount), builder.getArrayAttr({}));
}

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name, FlatSymbolRefAttr executable,
                     StringAttr kind, ArrayRef<OperandAttr> operands, unsigned scalarCount,
                     ArrayRef<ExtentAttr> flops) {
  build(builder, state, builder.getStringAttr(name), kind, DictionaryAttr(), executable, getArray(builder, operands),
        builder.getI64IntegerAttr(scalarCount), getArray(builder, flops));
}

void KernelOp::bindTo(FlatSymbolRefAttr executable, ArrayRef<ExtentAttr> flops) {
  removeConfigAttr();
  setExecutableAttr(executable);
  OpBuilder builder(*this);
  setFlopsAttr(getArray(builder, flops));
}

void DispatchOp::build(OpBuilder &builder, OperationState &state, KernelOp kernel, ArrayRef<ExtentAttr> workgroups,
                       ValueRange operands, ArrayRef<ExtentAttr> scalars) {
  build(builder, state, FlatSymbolRefAttr::get(kernel), getArray(builder, workgroups), operands,
        getArray(builder, scalars));
}

void CallOp::build(OpBuilder &builder, OperationState &state, FuncOp callee, unsigned paramBase, StringRef path,
                   ValueRange operands) {
  build(builder, state, FlatSymbolRefAttr::get(callee), builder.getI64IntegerAttr(paramBase),
        path.empty() ? StringAttr() : builder.getStringAttr(path), operands);
}

void LoopOp::build(OpBuilder &builder, OperationState &state, SymbolOp symbol, Dim count, FuncOp callee,
                   unsigned paramBase, unsigned paramStride, ValueRange operands) {
  build(builder, state, FlatSymbolRefAttr::get(symbol), DimAttr::get(builder.getContext(), count),
        FlatSymbolRefAttr::get(callee), builder.getI64IntegerAttr(paramBase), builder.getI64IntegerAttr(paramStride),
        operands);
}

//===--- Verifiers ------------------------------------------------------------------------------------------------===//

LogicalResult SymbolOp::verify() {
  if (failed(verifyHasName(*this)))
    return failure();
  SymbolKind kind = getKind();
  const bool isPart = kind == SymbolKind::part;
  if (getExtent().has_value() != (kind == SymbolKind::derived || isPart))
    return emitOpError() << "of kind " << stringifySymbolKind(kind)
                         << (getExtent() ? " has an extent" : " has no extent");
  if (getMeshAxis().has_value() != isPart)
    return emitOpError() << "of kind " << stringifySymbolKind(kind)
                         << (isPart ? " has no axis of the mesh" : " has an axis of the mesh");
  if (int64_t(getMin()) < 0 || int64_t(getMin()) > int64_t(getMax()))
    return emitOpError() << "has range(" << int64_t(getMin()) << ", " << int64_t(getMax())
                         << "), expected 0 <= min <= max";
  return success();
}

LogicalResult MeshAxisOp::verify() {
  if (getName().empty())
    return emitOpError() << "has an empty name";
  return success();
}

LogicalResult EntryOp::verify() {
  if (getName().empty())
    return emitOpError() << "has an empty name";
  for (Operation &op : getBody().front())
    if (!isa<InputOp, OutputOp>(op))
      return emitOpError() << "'" << getName() << "' holds '" << op.getName()
                           << "', expected veomni_rt.input and veomni_rt.output";
  return success();
}

/// What inputs and outputs share: callers hand them in and out as plain arrays.
static LogicalResult verifyInterface(Operation *op, StringRef name, BufferType type) {
  if (name.empty())
    return op->emitOpError() << "has an empty name";
  if (!type.isDense() || type.getTile())
    return op->emitOpError() << "'" << name << "' is " << type << ", expected dense row-major elements";
  return success();
}

LogicalResult InputOp::verify() {
  BufferType type = getType();
  if (failed(verifyInterface(*this, getName(), type)))
    return failure();
  bool isInteger = isa<IntegerType>(type.getElementType());
  int64_t min = getMin(), max = getMax();
  if ((min != int64Min || max != int64Max) && !isInteger)
    return emitOpError() << "'" << getName() << "' has a range but holds " << type.getElementType()
                         << ", expected integers";
  if (min > max)
    return emitOpError() << "'" << getName() << "' has range(" << min << ", " << max << "), expected min <= max";
  bool isI64 = type.getElementType().isInteger(64), isI32 = type.getElementType().isInteger(32);
  if (getBelow() && !isI64 && !isI32)
    return emitOpError() << "'" << getName() << "' has a bound but holds " << type.getElementType()
                         << ", expected i64 or i32";
  if (getIgnored() && !isI64 && !isI32)
    return emitOpError() << "'" << getName() << "' has an ignored value but holds " << type.getElementType()
                         << ", expected i64 or i32";
  const int64_t ignored = getIgnored() ? static_cast<int64_t>(*getIgnored()) : 0;
  if (getIgnored() && ignored >= min && ignored <= max)
    return emitOpError() << "'" << getName() << "' has ignored(" << ignored << "), expected a value outside of range("
                         << min << ", " << max << ")";
  if (getRowsOf().has_value() != getRowsOfValue().has_value() || (getRowsOf() && type.getRank() == 0))
    return emitOpError() << "'" << getName() << "' is " << type
                         << ", but rows_of needs a name, a value and at least one dim";
  if (getDefaultValue() != InputDefault::required && !isI64 && !isI32)
    return emitOpError() << "'" << getName() << "' is " << type << ", but defaults need i64 or i32";
  if (getDefaultValue() == InputDefault::iota && type.getRank() == 0)
    return emitOpError() << "'" << getName() << "' is " << type << ", but default iota needs at least one dim";
  if (getAcceptsCuSeqlens() && (!isI64 || type.getRank() < 2))
    return emitOpError() << "'" << getName() << "' is " << type << ", but cu_seqlens needs i64 and at least two dims";
  return success();
}

LogicalResult OutputOp::verify() { return verifyInterface(*this, getName(), getType()); }

LogicalResult StateOp::verify() {
  if (failed(verifyHasName(*this)))
    return failure();
  BufferType type = getType();
  if (!type.hasStaticShape() || !type.isDense() || type.getTile())
    return emitOpError() << "is " << type << ", expected constant dims and dense row-major elements";
  return success();
}

LogicalResult WeightOp::verify() {
  if (getName().empty())
    return emitOpError() << "has an empty name";
  BufferType type = getType();
  if (!type.hasStaticShape() || !type.isDense() || type.getRowRank() > 1)
    return emitOpError() << "'" << getName() << "' is " << type << ", expected constant dims and dense rows";
  recipe::ValueType expected;
  for (Dim dim : type.getDims())
    expected.dims.push_back(dim.value);
  expected.type = getDType(type.getElementType());
  expected.tile = type.getTile();
  if (recipe::ValueType made = getRecipe().getValueType(); !made.isSame(expected))
    return emitOpError() << "'" << getName() << "': recipe makes " << made.text() << ", expected " << expected.text();
  return success();
}

LogicalResult ExecutableOp::verify() {
  if (failed(verifyHasName(*this)))
    return failure();
  if (getVariants().empty())
    return emitOpError() << "has no variants, expected at least one";
  for (auto variant : getVariants().getAsRange<VariantAttr>()) {
    if (!variant.getData())
      continue;
    const AsmResourceBlob *blob = variant.getData().getRawHandle().getBlob();
    if (!blob)
      return emitOpError() << "lacks the resource '" << variant.getData().getRawHandle().getKey()
                           << "' of its variant for " << variant.getLevel();
    int64_t expected = cast<RankedTensorType>(variant.getData().getType()).getDimSize(0);
    if (int64_t(blob->getData().size()) != expected)
      return emitOpError() << "has " << blob->getData().size() << " bytes in its variant for " << variant.getLevel()
                           << ", expected " << expected;
  }
  return success();
}

LogicalResult KernelOp::verify() {
  if (failed(verifyHasName(*this)))
    return failure();
  if (!getKind() && !getExecutable())
    return emitOpError() << "has neither kind nor executable, expected one of them";
  if (getConfig() && getExecutable())
    return emitOpError() << "has attributes and an executable; attributes belong to the declaration by kind";
  return success();
}
