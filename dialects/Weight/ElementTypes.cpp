// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The two spellings side by side, each element type of the schema once.
#include "veomni/Dialect/Weight/ElementTypes.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace veomni;

Type veomni::getElementType(MLIRContext *context, bundle::DType dtype) {
  Builder builder(context);
  switch (dtype) {
  case bundle::DType::f32:
    return builder.getF32Type();
  case bundle::DType::bf16:
    return builder.getBF16Type();
  case bundle::DType::f16:
    return builder.getF16Type();
  case bundle::DType::f64:
    return builder.getF64Type();
  case bundle::DType::i64:
    return builder.getI64Type();
  case bundle::DType::i32:
    return builder.getI32Type();
  case bundle::DType::i8:
    return builder.getI8Type();
  case bundle::DType::u8:
    return builder.getIntegerType(8, /*isSigned=*/false);
  case bundle::DType::boolean:
    return builder.getI1Type();
  case bundle::DType::f8_e4m3:
    return Float8E4M3FNType::get(context);
  }
  return {};
}

std::optional<bundle::DType> veomni::findDType(Type type) {
  for (bundle::DType dtype : bundle::EnumValuesDType())
    if (getElementType(type.getContext(), dtype) == type)
      return dtype;
  return std::nullopt;
}

bundle::DType veomni::getDType(Type type) {
  std::optional<bundle::DType> dtype = findDType(type);
  assert(dtype && "buffers hold no such elements");
  return *dtype;
}
