// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Codegen/CPU/KernelKinds.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace veomni::cpu;
using namespace mlir;

InFlightDiagnostic Attributes::error() {
  failed = true;
  return emitError(loc);
}

template <typename T> T Attributes::get(StringRef name, StringRef expected) {
  known.insert(name);
  Attribute value = dictionary.get(name);
  if (!value)
    error() << "missing attribute '" << name << "' (" << expected << ")";
  else if (!isa<T>(value) || (isa<BoolAttr>(value) && !std::is_same_v<T, BoolAttr>)) // a BoolAttr is an IntegerAttr as well
    error() << "attribute '" << name << "' is " << value << ", expected " << expected;
  else
    return cast<T>(value);
  return {};
}

int64_t Attributes::integer(StringRef name, int64_t min) {
  auto value = get<IntegerAttr>(name, "an integer");
  if (!value)
    return std::max<int64_t>(min, 1);
  if (value.getInt() < min) {
    error() << "attribute '" << name << "' is " << value.getInt() << ", expected at least " << min;
    return std::max<int64_t>(min, 1);
  }
  return value.getInt();
}

int64_t Attributes::integerOr(StringRef name, int64_t otherwise, int64_t min) {
  known.insert(name);
  return dictionary.contains(name) ? integer(name, min) : otherwise;
}

bool Attributes::flag(StringRef name) {
  auto value = get<BoolAttr>(name, "true or false");
  return value && value.getValue();
}

bool Attributes::optionalFlag(StringRef name) {
  known.insert(name);
  return dictionary.contains(name) && flag(name);
}

double Attributes::number(StringRef name) {
  auto value = get<FloatAttr>(name, "a floating point number");
  return value ? value.getValueAsDouble() : 0.0;
}

std::optional<double> Attributes::optionalNumber(StringRef name) {
  known.insert(name);
  return dictionary.contains(name) ? std::optional(number(name)) : std::nullopt;
}

Type Attributes::elementType(StringRef name) {
  StringRef value = choice(name, {"f32", "bf16"});
  return value == "bf16" ? Type(BFloat16Type::get(dictionary.getContext())) : Type(Float32Type::get(dictionary.getContext()));
}

StringRef Attributes::choice(StringRef name, ArrayRef<StringRef> choices) {
  std::string expected = "one of: " + llvm::join(choices, ", ");
  auto value = get<StringAttr>(name, expected);
  if (!value)
    return choices.front();
  if (!llvm::is_contained(choices, value.getValue())) {
    error() << "attribute '" << name << "' is " << value << ", expected " << expected;
    return choices.front();
  }
  return value.getValue();
}

StringRef Attributes::optionalChoice(StringRef name, ArrayRef<StringRef> choices) {
  known.insert(name);
  return dictionary.contains(name) ? choice(name, choices) : choices.front();
}

SmallVector<float> Attributes::floats(StringRef name) {
  known.insert(name);
  Attribute value = dictionary.get(name);
  if (auto array = dyn_cast_or_null<DenseF32ArrayAttr>(value); array && !array.empty())
    return SmallVector<float>(array.asArrayRef());
  if (auto dense = dyn_cast_or_null<DenseFPElementsAttr>(value); dense && dense.getElementType().isF32() && !dense.empty())
    return SmallVector<float>(dense.getValues<float>());
  if (!value)
    error() << "missing attribute '" << name << "' (a dense array of f32)";
  else
    error() << "attribute '" << name << "' is " << value << ", expected a non-empty dense array of f32";
  return {1.0f};
}

Runs Attributes::runs(StringRef operand, int64_t cols) {
  return {integerOr((operand + "_at").str(), 0, 0), integerOr((operand + "_run").str(), cols, 0)};
}

LogicalResult Attributes::check() {
  for (NamedAttribute attribute : dictionary)
    if (!known.contains(attribute.getName().getValue()))
      error() << "unknown attribute '" << attribute.getName().getValue() << "'";
  return failure(failed);
}
