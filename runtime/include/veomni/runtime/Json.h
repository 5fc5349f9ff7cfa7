// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Strict JSON for files that others wrote: config.json, safetensors headers, checkpoint indices.
#ifndef VEOMNI_RUNTIME_JSON_H
#define VEOMNI_RUNTIME_JSON_H

#include "veomni/runtime/Status.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
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

using OnJsonMember = std::function<void(const std::string &key, const nlohmann::json &value)>;

/// As `parseJson`, for one object that is large: calls `onMember` with each of its members, in the order of the text,
/// and keeps none of them. What was called before an error is to be dropped.
Status parseJsonMembers(std::string_view text, std::string_view fileName, const OnJsonMember &onMember);

} // namespace veomni

#endif // VEOMNI_RUNTIME_JSON_H
