// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types of tensors, with their names and sizes.
#include "veomni/runtime/ElementType.h"

#include "veomni/schema/bundle_generated.h"

#include <cstddef>

namespace veomni {
namespace {

struct Row {
  std::string_view name;
  uint32_t bits;
};

// In the order of the enum.
constexpr Row rows[] = {{"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
                        {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
                        {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
                        {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
                        {"I64", 64},        {"U64", 64}};
static_assert(std::size(rows) == size_t(ElementType::u64) + 1);

} // namespace

std::string_view elementTypeName(ElementType type) { return rows[size_t(type)].name; }
uint32_t elementBits(ElementType type) { return rows[size_t(type)].bits; }

std::optional<ElementType> elementTypeNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(rows); ++i)
    if (rows[i].name == name)
      return ElementType(i);
  return std::nullopt;
}

std::optional<bundle::DType> programType(ElementType type) {
  for (bundle::DType candidate : bundle::EnumValuesDType())
    if (fileType(candidate) == type)
      return candidate;
  return std::nullopt;
}

ElementType fileType(bundle::DType type) {
  switch (type) {
  case bundle::DType::f32:
    return ElementType::f32;
  case bundle::DType::bf16:
    return ElementType::bf16;
  case bundle::DType::f16:
    return ElementType::f16;
  case bundle::DType::f64:
    return ElementType::f64;
  case bundle::DType::i64:
    return ElementType::i64;
  case bundle::DType::i32:
    return ElementType::i32;
  case bundle::DType::i8:
    return ElementType::i8;
  case bundle::DType::u8:
    return ElementType::u8;
  case bundle::DType::boolean:
    return ElementType::boolean;
  case bundle::DType::f8_e4m3:
    return ElementType::f8_e4m3;
  }
  return ElementType::u8; // not reached: the schema has no other
}

} // namespace veomni
