// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Strict JSON for files that others wrote: config.json, safetensors headers, checkpoint indices.
#ifndef VEOMNI_RUNTIME_JSON_H
#define VEOMNI_RUNTIME_JSON_H

#include "veomni/runtime/Status.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace veomni {

/// Containers nested deeper than this are refused.
inline constexpr int maxJsonDepth = 64;

/// What a key means that one object has twice.
enum class RepeatedKeys {
  Refused,
  /// Accepted where both values are equal: files edited by hand or by scripts have such, and readers agree about them.
  MayRepeatValue,
};

/// Parses one JSON document that fills `text`. Refuses what nlohmann's own parser lets pass and readers disagree about:
/// a key given twice in one object, and nesting beyond maxJsonDepth. Errors name `fileName`, line, column and byte
/// offset. Throws nothing.
Expected<nlohmann::json> parseJson(std::string_view text, std::string_view fileName,
                                   RepeatedKeys repeatedKeys = RepeatedKeys::Refused);

} // namespace veomni

#endif // VEOMNI_RUNTIME_JSON_H
