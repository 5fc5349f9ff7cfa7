// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One table of symbols for all that a program names, and sizes that become symbols once.
#include "Symbols.h"

using namespace mlir;

namespace veomni::lower {

std::string ProgramSymbols::unique(StringRef wanted) {
  std::string name = wanted.str();
  for (unsigned number = 1; !taken.insert(name).second; ++number)
    name = (wanted + "_" + Twine(number)).str();
  return name;
}

void ProgramSymbols::reserveFunction(StringAttr name) {
  if (taken.insert(name.getValue()).second)
    reserved.insert(name.getValue());
}

std::string ProgramSymbols::instanceName(StringAttr function) {
  return reserved.erase(function.getValue()) ? function.str() : unique(function.getValue());
}

std::string ProgramSymbols::kernelName(StringRef kind) {
  std::string name;
  do {
    name = (kind + "_" + Twine(kernelCounts[kind]++)).str();
  } while (!taken.insert(name).second);
  return name;
}

rt::Dim ProgramSymbols::dim(const AxisExtent &extent) {
  if (std::optional<int64_t> size = extent.constant())
    return rt::Dim(*size);
  for (const rt::SizePolynomial::Term &term : extent.sum().terms())
    for (StringAttr axis : term.symbols)
      declarePart(axis);
  if (StringAttr axis = extent.axis())
    return rt::Dim(axis);
  std::string text = extent.str();
  rt::SymbolOp &op = derived[text];
  if (!op) {
    auto suggested = names.find(text);
    std::string name = unique(suggested == names.end() ? "size" : StringRef(suggested->second));
    op = rt::SymbolOp::createDerived(header, header.getUnknownLoc(), name, rt::ExtentAttr::get(context, extent.sum()));
    definitions[op.getSymNameAttr()] = *op.getExtent();
  }
  return op.getAsDim();
}

void ProgramSymbols::declarePart(StringAttr axis) {
  auto [whole, meshAxis] = wholeOfAxis(axis);
  if (!whole || !parts.insert(axis.getValue()).second)
    return;
  declarePart(whole);
  rt::SymbolOp::createPart(header, header.getUnknownLoc(), axis, extent({rt::Dim(whole)}), meshAxis);
}

rt::Dim ProgramSymbols::ceilDiv(rt::Dim dim, int64_t divisor) {
  if (dim.isConstant())
    return rt::Dim((dim.value + divisor - 1) / divisor);
  std::string wanted = (dim.symbol.getValue() + "_by_" + Twine(divisor)).str();
  // The text of no other extent has `ceildiv`.
  rt::SymbolOp &op = derived[("ceildiv " + wanted)];
  if (!op) {
    op = rt::SymbolOp::createDerived(header, header.getUnknownLoc(), unique(wanted), extent({dim}, divisor));
    definitions[op.getSymNameAttr()] = *op.getExtent();
  }
  return op.getAsDim();
}

rt::SymbolOp ProgramSymbols::expertSymbol() {
  if (!expert)
    expert = rt::SymbolOp::createLoop(header, header.getUnknownLoc(), unique("expert"));
  return expert;
}

rt::SymbolOp ProgramSymbols::receivedSymbol() {
  if (!received)
    received = rt::SymbolOp::createCounted(header, header.getUnknownLoc(), unique("received"));
  return received;
}

} // namespace veomni::lower
