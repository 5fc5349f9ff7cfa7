// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions: how they read, how they are made, and what each op of a body must satisfy by itself.
#include "Assembly.h"

#include "veomni/runtime/CollectiveKinds.h"

using namespace mlir;
using namespace veomni::rt;

//===--- func -----------------------------------------------------------------------------------------------------===//

void FuncOp::build(OpBuilder &builder, OperationState &state, StringRef name, ArrayRef<BufferType> types,
                   ArrayRef<ArgumentAttr> arguments, unsigned paramCount, unsigned slotCount) {
  state.addAttribute(getSymNameAttrName(state.name), builder.getStringAttr(name));
  state.addAttribute(getArgumentsAttrName(state.name),
                     builder.getArrayAttr(SmallVector<Attribute>(arguments.begin(), arguments.end())));
  state.addAttribute(getParamCountAttrName(state.name), builder.getI64IntegerAttr(paramCount));
  state.addAttribute(getSlotCountAttrName(state.name), builder.getI64IntegerAttr(slotCount));
  Block &block = state.addRegion()->emplaceBlock();
  for (BufferType type : types)
    block.addArgument(type, state.location);
}

/// `keyword(N)`
static ParseResult parseCount(OpAsmParser &parser, OperationState &state, StringRef keyword, StringAttr attrName) {
  SMLoc loc;
  int64_t count = 0;
  if (parser.parseKeyword(keyword) || parser.parseLParen() || parser.getCurrentLocation(&loc) ||
      parser.parseInteger(count) || parser.parseRParen())
    return failure();
  state.addAttribute(attrName, parser.getBuilder().getI64IntegerAttr(count));
  return success();
}

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> values;
  SmallVector<Attribute> arguments;
  auto parseArgument = [&]() -> ParseResult {
    Access access = Access::read;
    std::string argumentName;
    if (parser.parseArgument(values.emplace_back(), /*allowType=*/true) || parseAccess(parser, access))
      return failure();
    (void)parser.parseOptionalString(&argumentName);
    arguments.push_back(
        ArgumentAttr::get(parser.getContext(), access, parser.getBuilder().getStringAttr(argumentName)));
    return success();
  };
  if (parser.parseSymbolName(name, getSymNameAttrName(state.name), state.attributes) ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseArgument) ||
      parseCount(parser, state, "params", getParamCountAttrName(state.name)) ||
      parseCount(parser, state, "slots", getSlotCountAttrName(state.name)) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes) || parser.parseRegion(*state.addRegion(), values))
    return failure();
  state.addAttribute(getArgumentsAttrName(state.name), parser.getBuilder().getArrayAttr(arguments));
  return success();
}

void FuncOp::print(OpAsmPrinter &printer) {
  printer << " ";
  printer.printSymbolName(getSymName());
  printer << "(";
  llvm::interleaveComma(llvm::zip_equal(getBody().getArguments(), getArguments().getAsRange<ArgumentAttr>()), printer,
                        [&](auto entry) {
                          auto [value, attr] = entry;
                          printer.printRegionArgument(value);
                          printer << " " << stringifyAccess(attr.getAccess());
                          if (!attr.getName().empty())
                            printer << " " << attr.getName();
                        });
  printer << ") params(" << getParamCount() << ") slots(" << getSlotCount() << ")";
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {getSymNameAttrName(), getArgumentsAttrName(),
                                                                 getParamCountAttrName(), getSlotCountAttrName()});
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

void FuncOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  // Also called on functions that do not verify.
  for (auto [value, attr] : llvm::zip(region.getArguments(), getArguments()))
    if (auto argument = dyn_cast<ArgumentAttr>(attr); argument && !argument.getName().empty())
      setName(value, argument.getName());
}

LogicalResult FuncOp::verify() {
  if (failed(verifyHasName(*this)))
    return failure();
  if (getArguments().size() != getNumArguments())
    return emitOpError() << "describes " << getArguments().size() << " arguments, but its block has "
                         << getNumArguments();
  for (BlockArgument argument : getBody().getArguments())
    if (!isa<BufferType>(argument.getType()))
      return emitOpError() << "argument " << argument.getArgNumber() << " is " << argument.getType()
                           << ", expected a buffer";
  return success();
}

//===--- Values ---------------------------------------------------------------------------------------------------===//

void SlotOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), ("slot" + Twine(getIndex())).str());
}
void ParamOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), ("param" + Twine(getIndex())).str());
}
void UseStateOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getState()); }
void ViewOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), "view"); }

LogicalResult SlotOp::verify() {
  auto func = cast<FuncOp>((*this)->getParentOp());
  if (getIndex() >= func.getSlotCount())
    return emitOpError() << "has index " << getIndex() << ", but the function has slots(" << func.getSlotCount() << ")";
  return success();
}

LogicalResult ParamOp::verify() {
  auto func = cast<FuncOp>((*this)->getParentOp());
  if (getIndex() >= func.getParamCount())
    return emitOpError() << "has index " << getIndex() << ", but the function has params(" << func.getParamCount()
                         << ")";
  return success();
}

//===--- Instructions ---------------------------------------------------------------------------------------------===//

LogicalResult DispatchOp::verify() {
  if (getWorkgroups().empty() || getWorkgroups().size() > 3)
    return emitOpError() << "has " << getWorkgroups().size() << " workgroup counts, expected 1 to 3";
  return success();
}

LogicalResult LibraryCallOp::verify() {
  if (getName().empty())
    return emitOpError() << "has an empty name";
  if (getSignature().size() != getOperands().size())
    return emitOpError() << "has " << getOperands().size() << " operands and says what it does with "
                         << getSignature().size();
  for (auto [index, pair] : llvm::enumerate(llvm::zip(getOperands(), getOperandAttrs())))
    if (auto [operand, attribute] = pair; operand.getType() != attribute.getType())
      return emitOpError() << "operand " << index << " is " << operand.getType() << ", but is said to be "
                           << attribute.getType();
  for (NamedAttribute attribute : getConfigAttr() ? getConfigAttr() : DictionaryAttr::get(getContext())) {
    Attribute value = attribute.getValue();
    auto integer = dyn_cast<IntegerAttr>(value);
    auto number = dyn_cast<FloatAttr>(value);
    if (!isa<BoolAttr, StringAttr>(value) && !(integer && integer.getType().isSignlessInteger(64)) &&
        !(number && number.getType().isF64()))
      return emitOpError() << "attribute '" << attribute.getName().getValue() << "' is " << value
                           << ", expected a boolean, an i64, an f64 or a string";
  }
  return success();
}

LogicalResult CollectiveOp::verify() {
  const auto kind = static_cast<veomni::bundle::CollectiveKind>(getKind());
  auto verifyDim = [&](StringRef name, bool wanted, bool given) -> LogicalResult {
    if (wanted == given)
      return success();
    return emitOpError() << stringifyCollectiveKind(getKind()) << (given ? " has '" : " lacks '") << name << "'";
  };
  if (failed(verifyDim("gather", gathers(kind), getGatherDim().has_value())) ||
      failed(verifyDim("split", splits(kind), getSplitDim().has_value())))
    return failure();
  if (getGatherDim() && getGatherDim() == getSplitDim())
    return emitOpError() << "gathers and splits dim " << *getGatherDim() << ", expected two dims";
  if (getOperands().empty() || getOperands().size() % 2 != 0)
    return emitOpError() << "has " << getOperands().size()
                         << " operands, expected as many that are written as are read";
  if (getStarts() && getKind() == CollectiveKind::all_slice)
    return emitOpError() << "starts, but nothing moves that could be waited for";
  if (sums(kind))
    for (Type type : getOperandTypes())
      if (Type element = cast<BufferType>(type).getElementType(); !isa<FloatType>(element))
        return emitOpError() << "adds up elements of " << element << ", expected floats";
  return success();
}

WaitOp CollectiveOp::getWait() {
  for (Operation *op = (*this)->getNextNode(); getStarts() && op; op = op->getNextNode())
    if (auto wait = dyn_cast<WaitOp>(op); wait && wait.getOperands() == getOperands())
      return wait;
  return {};
}

CollectiveOp WaitOp::getStart() {
  for (Operation *op = (*this)->getPrevNode(); op; op = op->getPrevNode()) {
    if (auto other = dyn_cast<WaitOp>(op); other && other.getOperands() == getOperands())
      return {};
    if (auto start = dyn_cast<CollectiveOp>(op); start && start.getStarts() && start.getOperands() == getOperands())
      return start;
  }
  return {};
}

LogicalResult LoopOp::verify() {
  if (getCount().getValue().value < 0)
    return emitOpError() << "runs " << getCount().getValue().value << " times, expected at least 0";
  return success();
}
