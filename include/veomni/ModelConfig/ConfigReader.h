// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Typed access to a config.json that accounts for every key: what nobody asked for is an error, since a key that is
// skipped may change the maths.
#ifndef VEOMNI_MODELCONFIG_CONFIGREADER_H
#define VEOMNI_MODELCONFIG_CONFIGREADER_H

#include "veomni/runtime/Json.h"
#include "veomni/runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

/// Collects the problems of one input, so that they are reported together. Only the first `maxReported` are kept: a
/// file of garbage must not become a message of the same size.
class ProblemList {
public:
  static constexpr std::size_t maxReported = 64;

  explicit ProblemList(std::string fileName) : fileName_(std::move(fileName)) {}
  void add(std::string_view problem);
  bool empty() const { return count_ == 0; }
  /// Whether another problem would be kept: building a costly message for one that is not can be skipped.
  bool wantsMore() const { return count_ < maxReported; }
  Status status() const;

private:
  std::string fileName_;
  std::vector<std::string> lines_;
  std::size_t count_ = 0;
};

/// Keys that the user says may be there although nothing reads them, by their full paths: `rope_scaling.finetuned`.
struct IgnoredConfigKeys {
  std::span<const std::string> asked;
  /// Those that were met.
  std::vector<std::string> met;
};

/// Inclusive bounds.
struct IntegerRange {
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct NumberRange {
  double min = 0;
  double max = 0;
};

/// Reads one JSON object. A getter claims its key whether it is present or not; problems go to the list and the getter
/// returns its default (or a value in range), so that reading goes on. `null` is an error unless the getter says
/// otherwise: transformers 5.9.0 validates field types strictly (configuration_utils.py, `@strict`), so only fields
/// declared `| None` take it.
class ConfigReader {
public:
  ConfigReader(const nlohmann::json &object, ProblemList &problems, std::string prefix = "",
               IgnoredConfigKeys *ignored = nullptr);

  /// Whether the key is there with a value other than null. Claims nothing.
  bool has(std::string_view key) const;
  bool isNull(std::string_view key) const;
  /// Whether something asked for the key already.
  bool isClaimed(std::string_view key) const { return claimed_.contains(key); }

  std::int64_t requiredInteger(std::string_view key, IntegerRange range);
  std::int64_t integer(std::string_view key, std::int64_t absent, IntegerRange range);
  /// null gives nullopt; absent gives `absent`.
  std::optional<std::int64_t> nullableInteger(std::string_view key, std::optional<std::int64_t> absent,
                                              IntegerRange range);

  /// nullopt after a problem.
  std::optional<double> requiredNumber(std::string_view key, NumberRange range);
  std::optional<std::vector<double>> requiredNumbers(std::string_view key, NumberRange range);
  double number(std::string_view key, double absent, NumberRange range);
  std::optional<double> nullableNumber(std::string_view key, NumberRange range);

  bool boolean(std::string_view key, bool absent);
  /// null is false, since it is what code asks `if config.key:`; for fields declared `bool | None`.
  bool nullableBoolean(std::string_view key, bool absent);

  /// nullopt after a problem.
  std::optional<std::string> requiredString(std::string_view key);
  /// One of `choices`; absent gives `absent`.
  std::string choice(std::string_view key, std::string_view absent, std::span<const std::string_view> choices);
  /// One of `choices`; absent or null gives nullopt.
  std::optional<std::string> nullableChoice(std::string_view key, std::span<const std::string_view> choices);

  /// Absent or null gives nullopt.
  std::optional<std::vector<std::string>> nullableStrings(std::string_view key);
  std::optional<std::vector<std::int64_t>> nullableIntegers(std::string_view key, IntegerRange range);
  /// One integer or a list of them; null gives an empty list, absent gives `absent`.
  std::vector<std::int64_t> integerOrList(std::string_view key, std::vector<std::int64_t> absent, IntegerRange range);

  /// The object under `key` (an empty one if it is absent or null).
  ConfigReader section(std::string_view key);

  /// The key may be absent or null; another value than `supported` is an error that ends in `why`.
  void supportOnly(std::string_view key, const nlohmann::json &supported, std::string_view why);
  /// Two spellings of one setting: if both are there they must agree.
  void refuseContradiction(std::string_view key, std::string_view otherKey);
  /// The key has no influence on what the model computes.
  void ignore(std::string_view key);

  /// "'prefix.key' = value", for messages about several keys.
  std::string describe(std::string_view key) const;

  /// The names of all keys, for rules over many of them.
  std::vector<std::string> keys() const;

  /// Reports every key that was not claimed and that the user did not say to ignore, each with the nearest known one
  /// and the option that accepts it. Call last.
  void refuseUnclaimed();

  /// Whether anything was wrong so far. Rules over several keys are checked only if not: the getters' defaults would
  /// break them.
  bool hasProblems() const { return !problems_->empty(); }

  /// Adds a problem of `key`: "'prefix.key' = value: text".
  void problem(std::string_view key, std::string_view text);
  /// Adds a problem of no single key.
  void problem(std::string_view text) { problems_->add(text); }

private:
  const nlohmann::json *find(std::string_view key) const;
  const nlohmann::json *claim(std::string_view key);
  std::optional<std::int64_t> asInteger(std::string_view key, const nlohmann::json &value, IntegerRange range);
  std::optional<double> asNumber(std::string_view key, const nlohmann::json &value, NumberRange range);
  std::optional<std::string> asChoice(std::string_view key, const nlohmann::json &value,
                                      std::span<const std::string_view> choices);
  void missing(std::string_view key, std::string_view expected);

  const nlohmann::json *object_;
  ProblemList *problems_;
  std::string prefix_;
  IgnoredConfigKeys *ignored_;
  std::set<std::string, std::less<>> claimed_;
};

/// A JSON value as it appears in messages: shortened, always printable.
std::string describeValue(const nlohmann::json &value);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_CONFIGREADER_H
