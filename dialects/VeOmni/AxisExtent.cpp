// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic of extents, on the polynomials that the program dialect writes sizes in as well.
#include "veomni/Dialect/VeOmni/AxisExtent.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace veomni;

AxisExtent AxisExtent::unknown() {
  AxisExtent extent;
  extent.sum_.reset();
  return extent;
}

AxisExtent AxisExtent::operator+(const AxisExtent &other) const {
  AxisExtent sum = *this;
  if (!sum_ || !other.sum_ || !sum.sum_->add(*other.sum_))
    sum.sum_.reset();
  return sum;
}

AxisExtent AxisExtent::operator*(const AxisExtent &other) const {
  AxisExtent product = *this;
  if (!sum_ || !other.sum_ || !product.sum_->multiply(*other.sum_))
    product.sum_.reset();
  return product;
}

StringAttr AxisExtent::axis() const {
  bool isOne = sum_ && sum_->terms().size() == 1 && sum_->terms().front().coefficient == 1 &&
               sum_->terms().front().symbols.size() == 1;
  return isOne ? sum_->terms().front().symbols.front() : StringAttr();
}

bool AxisExtent::contains(StringAttr axis) const {
  return sum_ && llvm::any_of(sum_->terms(),
                              [&](const SizePolynomial::Term &term) { return llvm::is_contained(term.symbols, axis); });
}

AxisExtent AxisExtent::substitute(llvm::function_ref<AxisExtent(StringAttr)> extentOf) const {
  if (!sum_)
    return *this;
  AxisExtent result;
  for (const SizePolynomial::Term &term : sum_->terms()) {
    AxisExtent product(term.coefficient);
    for (StringAttr axis : term.symbols)
      product = product * extentOf(axis);
    result = result + product;
  }
  return result;
}

StringAttr veomni::partOfAxis(StringAttr axis, StringRef meshAxis) {
  return StringAttr::get(axis.getContext(), axis.getValue() + "@" + meshAxis);
}

std::pair<StringAttr, StringRef> veomni::wholeOfAxis(StringAttr part) {
  size_t at = part.getValue().rfind('@');
  if (at == StringRef::npos)
    return {};
  return {StringAttr::get(part.getContext(), part.getValue().take_front(at)), part.getValue().drop_front(at + 1)};
}

std::optional<AxisExtent> AxisExtent::part(StringRef meshAxis, int64_t ranks) const {
  if (StringAttr name = axis())
    return AxisExtent(partOfAxis(name, meshAxis));
  if (std::optional<int64_t> size = constant(); size && *size % ranks == 0)
    return AxisExtent(*size / ranks);
  return std::nullopt;
}

std::optional<AxisExtent> AxisExtent::whole(StringRef meshAxis, int64_t ranks) const {
  if (StringAttr name = axis()) {
    auto [whole, over] = wholeOfAxis(name);
    return whole && over == meshAxis ? std::optional(AxisExtent(whole)) : std::nullopt;
  }
  if (std::optional<int64_t> size = constant())
    return AxisExtent(*size * ranks);
  return std::nullopt;
}

std::string AxisExtent::str() const {
  if (!sum_)
    return "more than fits";
  if (sum_->terms().empty())
    return "0";
  std::string text;
  for (const SizePolynomial::Term &term : sum_->terms()) {
    text += text.empty() ? "" : " + ";
    for (auto [index, axis] : llvm::enumerate(term.symbols))
      text += (index ? " * " : "") + axis.getValue().str();
    if (term.symbols.empty() || term.coefficient != 1)
      text += (term.symbols.empty() ? "" : " * ") + std::to_string(term.coefficient);
  }
  return text;
}
