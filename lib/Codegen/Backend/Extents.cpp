// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// When two sizes of a program are the same number: `batch * seq` and a symbol that is derived from it must count as
// one.
#include "veomni/Codegen/Kernel.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

namespace {
/// Writes derived symbols out. Quotients, which polynomials do not have, become symbols that are named after them.
class Expansion {
public:
  explicit Expansion(SymbolDefinitions definitions) : definitions(definitions) {}

  /// Nothing where a number does not fit.
  std::optional<rt::SizePolynomial> expand(rt::ExtentAttr extent) {
    rt::SizePolynomial sum;
    for (const rt::Product &product : extent.getProducts()) {
      rt::SizePolynomial term = rt::SizePolynomial::constant(product.coefficient);
      for (StringAttr symbol : product.symbols)
        if (!term.multiply(expand(symbol)))
          return std::nullopt;
      if (!sum.add(term))
        return std::nullopt;
    }
    rt::ExtentAttr divided = rt::ExtentAttr::get(extent.getContext(), sum, extent.getDivisor());
    if (divided.getDivisor() == 1)
      return divided.getSum();
    return rt::SizePolynomial::symbol(StringAttr::get(extent.getContext(), codegen::extentText(divided)));
  }

private:
  rt::SizePolynomial expand(StringAttr symbol) {
    // What a wrong module derives from itself stands for itself at last.
    if (budget > 0)
      if (rt::ExtentAttr definition = definitions(symbol)) {
        --budget;
        if (std::optional<rt::SizePolynomial> size = expand(definition))
          return *size;
      }
    return rt::SizePolynomial::symbol(symbol);
  }

  SymbolDefinitions definitions;
  unsigned budget = 256;
};
} // namespace

bool codegen::isSameExtent(rt::ExtentAttr a, rt::ExtentAttr b, SymbolDefinitions definitions) {
  if (a == b)
    return true;
  std::optional<rt::SizePolynomial> left = Expansion(definitions).expand(a), right = Expansion(definitions).expand(b);
  return left && right && *left == *right;
}

std::string codegen::extentText(rt::ExtentAttr extent) {
  std::string text;
  llvm::raw_string_ostream(text) << extent;
  StringRef inner = text;
  return inner.consume_front("#veomni_rt.extent<") && inner.consume_back(">") ? inner.str() : text;
}
