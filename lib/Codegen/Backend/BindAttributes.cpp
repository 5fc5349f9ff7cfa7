// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The attributes of a kernel, read by the rules of its kind.
#include "KernelBinding.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

std::optional<int64_t> KernelBinding::readInteger(StringRef name, Attribute value, int64_t min, int64_t max) {
  auto integer = dyn_cast<IntegerAttr>(value);
  if (!integer || isa<BoolAttr>(value) ||
      integer.getType().isUnsignedInteger()) { // a BoolAttr is an IntegerAttr as well
    problems.add("attribute '" + name + "' is " + text(value) + ", expected an integer");
    return std::nullopt;
  }
  std::optional<int64_t> number = integer.getValue().trySExtValue();
  if (number && *number >= min && *number <= max)
    return number;
  problems.add("attribute '" + name + "' is " + llvm::toString(integer.getValue(), 10, /*Signed=*/true) +
               ", expected " +
               (!number || *number > max ? "at most " + std::to_string(max) : "at least " + std::to_string(min)));
  return std::nullopt;
}

void KernelBinding::readAttribute(const AttributeRule &rule, Attribute value) {
  auto wrong = [&](const llvm::Twine &expected) {
    problems.add("attribute '" + rule.name + "' is " + text(value) + ", expected " + expected);
  };
  switch (rule.type) {
  case AttributeRule::integer:
    if (std::optional<int64_t> number = readInteger(rule.name, value, rule.min, rule.max)) {
      kernel.attributes[rule.name] = *number;
      if (rule.min >= 0)
        bindName(rule.name, product(rt::Dim(*number)), "attribute '" + rule.name + "'");
    }
    return;
  case AttributeRule::number:
    if (auto number = dyn_cast<FloatAttr>(value); number && number.getValue().isFinite())
      kernel.attributes[rule.name] = number.getValueAsDouble();
    else
      wrong("a finite floating point number");
    return;
  case AttributeRule::flag:
    if (auto flag = dyn_cast<BoolAttr>(value))
      kernel.attributes[rule.name] = flag.getValue();
    else
      wrong("true or false");
    return;
  case AttributeRule::choice:
    if (auto choice = dyn_cast<StringAttr>(value); choice && llvm::is_contained(rule.choices, choice.getValue()))
      kernel.attributes[rule.name] = choice.getValue().str();
    else
      wrong("one of: " + llvm::join(rule.choices, ", "));
    return;
  case AttributeRule::numbers:
    if (auto array = dyn_cast<DenseF32ArrayAttr>(value); array && !array.empty())
      kernel.attributes[rule.name] = std::vector<float>(array.asArrayRef());
    else if (auto dense = dyn_cast<DenseFPElementsAttr>(value);
             dense && dense.getElementType().isF32() && !dense.empty())
      kernel.attributes[rule.name] =
          std::vector<float>(dense.getValues<float>().begin(), dense.getValues<float>().end());
    else
      wrong("a non-empty dense array of f32");
    return;
  }
}

void KernelBinding::readAttributes() {
  std::set<std::string> known;
  for (const AttributeRule &rule : kind.attributes) {
    known.insert(rule.name);
    Attribute value = dictionary.get(rule.name);
    if (value)
      readAttribute(rule, value);
    else if (rule.required)
      problems.add("missing attribute '" + rule.name + "' (" + rule.meaning + ")");
    else if (rule.type == AttributeRule::choice)
      kernel.attributes[rule.name] = rule.choices.front();
  }
  for (const OperandRule &rule : kind.operands)
    for (const char *suffix : {"_at", "_run"}) {
      if (rule.runs.empty())
        continue;
      std::string name = rule.name + suffix;
      known.insert(name);
      Attribute value = dictionary.get(name);
      if (!value)
        continue;
      if (std::optional<int64_t> number = readInteger(name, value, 0, int64_t(1) << 48))
        kernel.attributes[name] = *number;
    }
  for (NamedAttribute attribute : dictionary)
    if (!known.count(attribute.getName().str()))
      problems.add("unknown attribute '" + attribute.getName().getValue() + "', expected " +
                   (known.empty() ? "none" : "one of: " + llvm::join(known, ", ")));
}
