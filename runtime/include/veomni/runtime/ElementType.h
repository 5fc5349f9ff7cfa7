// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The element types that a safetensors file may hold. Programs compute with fewer: see `programType`.
#ifndef VEOMNI_RUNTIME_ELEMENTTYPE_H
#define VEOMNI_RUNTIME_ELEMENTTYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace veomni {

namespace bundle {
enum class DType : uint8_t;
}

enum class ElementType : uint8_t {
  boolean,
  f4,
  f6_e2m3,
  f6_e3m2,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64
};

/// As safetensors spells it: "BF16".
std::string_view elementTypeName(ElementType type);
/// The type that safetensors calls `name`, if there is one.
std::optional<ElementType> elementTypeNamed(std::string_view name);
/// Bits of one element; less than 8 for the packed types.
uint32_t elementBits(ElementType type);

/// The type of the same elements in a program, if programs have it.
std::optional<bundle::DType> programType(ElementType type);
/// The reverse; `type` must be one of the schema's.
ElementType fileType(bundle::DType type);

} // namespace veomni

#endif // VEOMNI_RUNTIME_ELEMENTTYPE_H
