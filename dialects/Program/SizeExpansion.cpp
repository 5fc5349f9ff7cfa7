// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derived symbols written out, for verifiers and passes that compare sizes.
#include "veomni/Dialect/Program/SizeExpansion.h"

using namespace mlir;
using namespace veomni::rt;

std::optional<SizePolynomial> SizeExpansion::expand(ExtentAttr extent, SymbolOp user) {
  SizePolynomial sum;
  for (const Product &product : extent.getProducts()) {
    SizePolynomial term = SizePolynomial::constant(product.coefficient);
    for (StringAttr symbol : product.symbols)
      if (!term.multiply(expand(symbol, user)))
        return std::nullopt;
    if (!sum.add(term))
      return std::nullopt;
  }
  return sum;
}

SizePolynomial SizeExpansion::expand(StringAttr name, SymbolOp user) {
  if (auto known = expanded.find(name); known != expanded.end())
    return known->second;
  SizePolynomial size = SizePolynomial::symbol(name);
  auto symbol = tables.lookupNearestSymbolFrom<SymbolOp>(op, name);
  // Only symbols above their user: this ends even where the module does not verify.
  if (symbol && symbol.getKind() == SymbolKind::derived && symbol.getExtent()->getDivisor() == 1 &&
      (!user || symbol->isBeforeInBlock(user)))
    if (std::optional<SizePolynomial> sum = expand(*symbol.getExtent(), symbol))
      size = *sum;
  expanded[name] = size;
  return size;
}
