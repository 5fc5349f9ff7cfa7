// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which a kernel is bound: attributes, which operand is which, types and shapes, then what depends on
// them.
#include "KernelBinding.h"

#include "llvm/ADT/STLExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

/// Sizes that a kernel is told when it runs: code does not depend on them.
static std::set<std::string> runtimeNames(const KernelKind &kind) {
  std::set<std::string> names;
  for (const OperandRule &rule : kind.operands) {
    OperandShape shape = llvm::cantFail(OperandShape::parse(rule.shape));
    if (shape.hasBar)
      for (const ShapeItem &item : shape.leading)
        if (item.isName())
          names.insert(item.size.text);
  }
  for (const ScalarRule &rule : kind.scalars)
    if (!rule.size.empty())
      llvm::cantFail(SizeExpression::parse(rule.size)).collectNames(names);
  // Those that may be either are known where they are constants.
  for (const AttributeRule &rule : kind.attributes)
    names.erase(rule.name);
  return names;
}

static bool mayBeEither(const KernelKind &kind, StringRef name) {
  return llvm::any_of(kind.scalars, [&](const ScalarRule &rule) { return rule.ifDynamic && rule.size == name; });
}

std::optional<Kernel> KernelBinding::run() {
  size_t before = problems.all().size();
  readAttributes();
  if (!assignOperands())
    return std::nullopt;
  for (unsigned i = 0; i < operands.size(); ++i)
    matchType(i);
  for (unsigned i = 0; i < operands.size(); ++i)
    if (!rules[i]->repeats)
      matchShape(i);
  for (unsigned i = 0; i < operands.size(); ++i)
    if (rules[i]->repeats)
      matchRepeating(i);
  std::set<std::string> runtime = runtimeNames(kind);
  for (auto &[name, size] : kernel.sizes) {
    std::optional<int64_t> value = size.getConstant();
    bool either = mayBeEither(kind, name);
    if (value && (!runtime.count(name) || either))
      kernel.constants[name] = *value;
    else if (!runtime.count(name))
      problems.add(boundBy[name] + " has " + extentText(size) + " for " + name + ", expected a constant");
  }
  if (problems.all().size() != before)
    return std::nullopt;
  if (kind.check)
    kind.check(kernel, problems);
  if (problems.all().size() != before)
    return std::nullopt;
  checkDeferred();
  for (unsigned i = 0; i < operands.size(); ++i)
    if (!rules[i]->runs.empty())
      matchRuns(i);
  checkFlops();
  if (problems.all().size() != before)
    return std::nullopt;
  return std::move(kernel);
}

void KernelBinding::checkFlops() {
  if (!kind.flops)
    return;
  for (const std::string &text : kind.flops(kernel)) {
    llvm::Expected<SizeExpression> size = SizeExpression::parse(text);
    if (!size)
      problems.add("flops: " + llvm::toString(size.takeError()));
    else if (!evaluate(context, *size, [&](const std::string &name) { return kernel.sizes[name]; }))
      problems.add("flops: '" + text + "' names a size that no operand has");
  }
}
