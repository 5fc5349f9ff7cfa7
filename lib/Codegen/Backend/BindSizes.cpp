// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes: a name has one, wherever it is said, and those that are computed must come out.
#include "KernelBinding.h"

#include "llvm/Support/MathExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

/// The value of a size whose names are known; null otherwise.
rt::ExtentAttr codegen::evaluate(MLIRContext *context, const SizeExpression &size,
                                 llvm::function_ref<rt::ExtentAttr(const std::string &)> lookUp) {
  auto constant = [&](int64_t value) { return rt::ExtentAttr::get(context, {rt::Dim(value)}); };
  if (size.kind == SizeExpression::constant)
    return constant(size.value);
  if (size.kind == SizeExpression::name)
    return lookUp(size.text);
  SmallVector<rt::ExtentAttr> parts;
  for (const SizeExpression &part : size.parts) {
    parts.push_back(evaluate(context, part, lookUp));
    if (!parts.back())
      return {};
  }
  if (size.kind == SizeExpression::ceilDiv) {
    std::optional<int64_t> divisor = parts[1].getConstant();
    int64_t all = 0;
    if (!divisor || *divisor < 1 || llvm::MulOverflow(parts[0].getDivisor(), *divisor, all))
      return {};
    return rt::ExtentAttr::get(context, parts[0].getSum(), all);
  }
  bool isSum = size.kind == SizeExpression::sum;
  rt::SizePolynomial result = rt::SizePolynomial::constant(isSum ? 0 : 1);
  for (rt::ExtentAttr part : parts)
    if (part.getDivisor() != 1 || !(isSum ? result.add(part.getSum()) : result.multiply(part.getSum())))
      return {};
  return rt::ExtentAttr::get(context, result);
}

void KernelBinding::bindName(const std::string &name, rt::ExtentAttr size, const std::string &where) {
  auto [known, isNew] = kernel.sizes.try_emplace(name, size);
  if (isNew)
    boundBy[name] = where;
  else if (!same(known->second, size))
    problems.add(where + " has " + extentText(size) + " for " + name + ", expected " + extentText(known->second) +
                 " as in " + boundBy[name]);
}

/// Finds the one name of `factor * name + offset`, if it is not known yet. False if that is not what the size is.
bool KernelBinding::solve(const SizeExpression &size, rt::Dim dim, const std::string &where) {
  if (!dim.isConstant())
    return false;
  std::set<std::string> names;
  size.collectNames(names);
  if (names.size() != 1 || kernel.sizes.count(*names.begin()))
    return false;
  const std::string &unknown = *names.begin();
  auto at = [&](int64_t value) -> std::optional<int64_t> {
    rt::ExtentAttr result = evaluate(context, size, [&](const std::string &) { return product(rt::Dim(value)); });
    return result ? result.getConstant() : std::nullopt;
  };
  if (size.divides())
    return false;
  std::optional<int64_t> zero = at(0), one = at(1);
  if (!zero || !one || *one <= *zero)
    return false;
  int64_t factor = *one - *zero, rest = dim.value - *zero;
  if (rest < factor || rest % factor != 0) {
    problems.add(where + " has a dim of " + std::to_string(dim.value) + ", expected " + size.str());
    return true;
  }
  bindName(unknown, rt::ExtentAttr::get(context, {rt::Dim(rest / factor)}), where);
  return true;
}

void KernelBinding::checkDeferred() {
  for (const auto &[name, value] : kernel.constants)
    kernel.sizes.try_emplace(name, rt::ExtentAttr::get(context, {rt::Dim(value)}));
  for (const Deferred &item : deferred) {
    rt::ExtentAttr wanted = evaluate(context, item.size, [&](const std::string &name) { return lookUp(name); });
    if (!wanted || !same(wanted, product(item.dim)))
      problems.add(label(item.number) + " has a dim of " + extentText(product(item.dim)) + ", expected " +
                   item.size.str() +
                   (wanted && item.size.kind != SizeExpression::constant ? " = " + extentText(wanted) : ""));
  }
}
