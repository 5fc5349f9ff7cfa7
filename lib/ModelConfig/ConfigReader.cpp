// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the keys of a config.json one by one, so that none is misread, missed or left over in silence.
#include "veomni/ModelConfig/ConfigReader.h"

#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace veomni {

using nlohmann::json;

namespace {

constexpr std::size_t maxShownValue = 60;

std::string shown(std::string text) {
  if (text.size() > maxShownValue) {
    text.resize(maxShownValue);
    text += "...";
  }
  return text;
}

std::string quoted(std::string_view prefix, std::string_view key) {
  return "'" + shown(std::string(prefix) + std::string(key)) + "'";
}

std::string describeNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

std::string describeRange(IntegerRange range) {
  if (range.max == std::numeric_limits<std::int64_t>::max())
    return "an integer of at least " + std::to_string(range.min);
  return "an integer in [" + std::to_string(range.min) + ", " + std::to_string(range.max) + "]";
}

std::string describeRange(NumberRange range) {
  return "a number in [" + describeNumber(range.min) + ", " + describeNumber(range.max) + "]";
}

std::string describeChoices(std::span<const std::string_view> choices) {
  std::string text = "one of";
  for (std::string_view choice : choices)
    text += (text == "one of" ? " '" : ", '") + std::string(choice) + "'";
  return text;
}

} // namespace

std::string describeValue(const json &value) {
  // Containers are not dumped: they may be as large as the file.
  if (value.is_object())
    return value.empty() ? "{}" : "an object of " + std::to_string(value.size()) + " keys";
  if (value.is_array() && value.size() > 8)
    return "a list of " + std::to_string(value.size()) + " values";
  auto dump = [](const json &small) {
    return shown(small.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace));
  };
  return value.is_string() ? dump(value.get_ref<const std::string &>().substr(0, 2 * maxShownValue)) : dump(value);
}

void ProblemList::add(std::string_view problem) {
  if (wantsMore())
    lines_.push_back(fileName_ + ": " + std::string(problem));
  ++count_;
}

Status ProblemList::status() const {
  if (empty())
    return Status::ok();
  std::string message;
  for (const std::string &line : lines_)
    message += (message.empty() ? "" : "\n") + line;
  if (count_ > lines_.size())
    message += "\n" + fileName_ + ": and " + std::to_string(count_ - lines_.size()) + " more problems";
  return Status::error(std::move(message));
}

ConfigReader::ConfigReader(const json &object, ProblemList &problems, std::string prefix, IgnoredConfigKeys *ignored)
    : object_(&object), problems_(&problems), prefix_(std::move(prefix)), ignored_(ignored) {}

const json *ConfigReader::find(std::string_view key) const {
  auto entry = object_->find(key);
  return entry == object_->end() ? nullptr : &*entry;
}

const json *ConfigReader::claim(std::string_view key) {
  claimed_.emplace(key);
  return find(key);
}

bool ConfigReader::has(std::string_view key) const {
  const json *value = find(key);
  return value && !value->is_null();
}

bool ConfigReader::isNull(std::string_view key) const {
  const json *value = find(key);
  return value && value->is_null();
}

std::string ConfigReader::describe(std::string_view key) const {
  const json *value = find(key);
  return quoted(prefix_, key) + (value ? " = " + describeValue(*value) : std::string());
}

void ConfigReader::problem(std::string_view key, std::string_view text) {
  problems_->add(describe(key) + ": " + std::string(text));
}

void ConfigReader::missing(std::string_view key, std::string_view expected) {
  problems_->add("missing config key " + quoted(prefix_, key) + ", expected " + std::string(expected));
}

std::optional<std::int64_t> ConfigReader::asInteger(std::string_view key, const json &value, IntegerRange range) {
  bool inRange = value.is_number_integer() &&
                 // An unsigned JSON number beyond int64 would wrap.
                 !(value.is_number_unsigned() &&
                   value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) &&
                 value.get<std::int64_t>() >= range.min && value.get<std::int64_t>() <= range.max;
  if (inRange)
    return value.get<std::int64_t>();
  problem(key, "expected " + describeRange(range));
  return std::nullopt;
}

std::optional<double> ConfigReader::asNumber(std::string_view key, const json &value, NumberRange range) {
  if (value.is_number()) {
    double number = value.get<double>();
    if (std::isfinite(number) && number >= range.min && number <= range.max)
      return number;
  }
  problem(key, "expected " + describeRange(range));
  return std::nullopt;
}

std::optional<std::string> ConfigReader::asChoice(std::string_view key, const json &value,
                                                  std::span<const std::string_view> choices) {
  if (value.is_string()) {
    for (std::string_view choice : choices)
      if (value.get_ref<const std::string &>() == choice)
        return std::string(choice);
  }
  problem(key, "not supported, expected " + describeChoices(choices));
  return std::nullopt;
}

std::int64_t ConfigReader::requiredInteger(std::string_view key, IntegerRange range) {
  const json *value = claim(key);
  if (!value) {
    missing(key, describeRange(range));
    return range.min;
  }
  return asInteger(key, *value, range).value_or(range.min);
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t absent, IntegerRange range) {
  const json *value = claim(key);
  return value ? asInteger(key, *value, range).value_or(absent) : absent;
}

std::optional<std::int64_t> ConfigReader::nullableInteger(std::string_view key, std::optional<std::int64_t> absent,
                                                          IntegerRange range) {
  const json *value = claim(key);
  if (!value)
    return absent;
  return value->is_null() ? std::nullopt : asInteger(key, *value, range);
}

std::optional<double> ConfigReader::requiredNumber(std::string_view key, NumberRange range) {
  const json *value = claim(key);
  if (value)
    return asNumber(key, *value, range);
  missing(key, describeRange(range));
  return std::nullopt;
}

std::optional<std::vector<double>> ConfigReader::requiredNumbers(std::string_view key, NumberRange range) {
  const json *value = claim(key);
  const std::string expected = "a list, each " + describeRange(range);
  if (!value) {
    missing(key, expected);
    return std::nullopt;
  }
  std::vector<double> numbers;
  for (const json &element : value->is_array() ? *value : json::array()) {
    if (!element.is_number() || !std::isfinite(element.get<double>()) || element.get<double>() < range.min ||
        element.get<double>() > range.max)
      break;
    numbers.push_back(element.get<double>());
  }
  if (value->is_array() && numbers.size() == value->size())
    return numbers;
  problem(key, "expected " + expected);
  return std::nullopt;
}

double ConfigReader::number(std::string_view key, double absent, NumberRange range) {
  const json *value = claim(key);
  return value ? asNumber(key, *value, range).value_or(absent) : absent;
}

std::optional<double> ConfigReader::nullableNumber(std::string_view key, NumberRange range) {
  const json *value = claim(key);
  return value && !value->is_null() ? asNumber(key, *value, range) : std::nullopt;
}

bool ConfigReader::boolean(std::string_view key, bool absent) {
  const json *value = claim(key);
  if (!value)
    return absent;
  if (value->is_boolean())
    return value->get<bool>();
  problem(key, "expected true or false");
  return absent;
}

bool ConfigReader::nullableBoolean(std::string_view key, bool absent) {
  if (!isNull(key))
    return boolean(key, absent);
  claim(key);
  return false;
}

std::optional<std::string> ConfigReader::requiredString(std::string_view key) {
  const json *value = claim(key);
  if (!value)
    missing(key, "a string");
  else if (!value->is_string())
    problem(key, "expected a string");
  else
    return value->get<std::string>();
  return std::nullopt;
}

std::string ConfigReader::choice(std::string_view key, std::string_view absent,
                                 std::span<const std::string_view> choices) {
  const json *value = claim(key);
  return value ? asChoice(key, *value, choices).value_or(std::string(absent)) : std::string(absent);
}

std::optional<std::string> ConfigReader::nullableChoice(std::string_view key,
                                                        std::span<const std::string_view> choices) {
  const json *value = claim(key);
  return value && !value->is_null() ? asChoice(key, *value, choices) : std::nullopt;
}

std::optional<std::vector<std::string>> ConfigReader::nullableStrings(std::string_view key) {
  const json *value = claim(key);
  if (!value || value->is_null())
    return std::nullopt;
  std::vector<std::string> strings;
  if (value->is_array())
    for (const json &element : *value)
      if (element.is_string())
        strings.push_back(element.get<std::string>());
  if (value->is_array() && strings.size() == value->size())
    return strings;
  problem(key, "expected a list of strings");
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> ConfigReader::nullableIntegers(std::string_view key, IntegerRange range) {
  const json *value = claim(key);
  if (!value || value->is_null())
    return std::nullopt;
  if (!value->is_array()) {
    problem(key, "expected a list, each " + describeRange(range));
    return std::nullopt;
  }
  std::vector<std::int64_t> integers;
  for (const json &element : *value) {
    std::optional<std::int64_t> integer = asInteger(key, element, range);
    if (!integer)
      return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

std::vector<std::int64_t> ConfigReader::integerOrList(std::string_view key, std::vector<std::int64_t> absent,
                                                      IntegerRange range) {
  const json *value = claim(key);
  if (!value)
    return absent;
  if (value->is_array() || value->is_null())
    return nullableIntegers(key, range).value_or(std::vector<std::int64_t>());
  std::optional<std::int64_t> integer = asInteger(key, *value, range);
  return integer ? std::vector{*integer} : std::move(absent);
}

ConfigReader ConfigReader::section(std::string_view key) {
  static const json empty = json::object();
  const json *value = claim(key);
  if (value && !value->is_null() && !value->is_object())
    problem(key, "expected an object");
  return ConfigReader(value && value->is_object() ? *value : empty, *problems_, prefix_ + std::string(key) + ".",
                      ignored_);
}

void ConfigReader::supportOnly(std::string_view key, const json &supported, std::string_view why) {
  const json *value = claim(key);
  if (value && !value->is_null() && *value != supported)
    problem(key, "not supported, expected " + describeValue(supported) + ": " + std::string(why));
}

void ConfigReader::refuseContradiction(std::string_view key, std::string_view otherKey) {
  if (has(key) && has(otherKey) && *find(key) != *find(otherKey))
    problem(key, "contradicts " + quoted(prefix_, otherKey) + " = " + describeValue(*find(otherKey)));
}

void ConfigReader::ignore(std::string_view key) { claim(key); }

std::vector<std::string> ConfigReader::keys() const {
  std::vector<std::string> all;
  for (const auto &[key, value] : object_->items())
    all.push_back(key);
  return all;
}

void ConfigReader::refuseUnclaimed() {
  std::vector<std::string> known(claimed_.begin(), claimed_.end());
  for (const auto &[key, value] : object_->items()) {
    if (claimed_.contains(key))
      continue;
    const std::string path = prefix_ + key;
    if (ignored_ && std::ranges::find(ignored_->asked, path) != ignored_->asked.end()) {
      ignored_->met.push_back(path);
      continue;
    }
    std::string text = "unknown config key " + quoted(prefix_, key) + " = " + describeValue(value);
    // Edit distance is quadratic: no name that is worth comparing is this long.
    if (problems_->wantsMore() && key.size() <= 128)
      if (std::string nearest = nearestName(key, known); !nearest.empty())
        text += " (nearest known: " + quoted(prefix_, nearest) + ")";
    problems_->add(text + "; if it changes nothing, --ignore-config-key=" + shown(path) + " accepts it");
  }
}

} // namespace veomni
