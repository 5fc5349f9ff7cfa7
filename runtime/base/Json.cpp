// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads JSON with errors that say where, and with every key of an object once.
#include "veomni/runtime/Json.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iterator>
#include <string>
#include <vector>

namespace veomni {
namespace {

using nlohmann::json;

/// Reads text and counts what the parser took, so that handlers can say where they are; nlohmann tells only its own
/// errors.
struct CountingIterator {
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;
  using iterator_category = std::input_iterator_tag;

  const char *position;
  std::size_t *taken;

  reference operator*() const { return *position; }
  CountingIterator &operator++() {
    ++position;
    ++*taken;
    return *this;
  }
  bool operator==(const CountingIterator &other) const { return position == other.position; }
  bool operator!=(const CountingIterator &other) const { return position != other.position; }
};

/// Builds the document from parser events; every handler returns whether to go on.
class Builder {
public:
  Builder(const std::size_t &taken, RepeatedKeys repeatedKeys, const OnJsonMember *onMember = nullptr)
      : taken_(taken), repeatedKeys_(repeatedKeys), onMember_(onMember) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string &) { return add(value); }
  bool string(std::string &value) { return add(std::move(value)); }
  bool binary(json::binary_t &) { return fail(taken_, "binary value"); }
  bool start_object(std::size_t) { return open(json::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_array() { return close(); }

  bool key(std::string &name) {
    auto *members = open_.back()->get_ptr<json::object_t *>();
    auto [member, isNew] = members->try_emplace(name);
    if (!isNew && repeatedKeys_ == RepeatedKeys::Refused)
      return fail(taken_, "duplicate key \"" + name + "\"");
    member_ = &member->second;
    if (!isNew)
      earlier_.push_back({name, taken_, member_, std::move(*member_)});
    if (onMember_ && open_.size() == 1)
      rootKey_ = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ..." -> "syntax error while
    // ..."
    std::string text = error.what();
    if (std::size_t end = text.find("] "); end != std::string::npos)
      text.erase(0, end + 2);
    if (text.starts_with("parse error at line "))
      if (std::size_t colon = text.find(": "); colon != std::string::npos)
        text.erase(0, colon + 2);
    return fail(position, std::move(text));
  }

  json takeDocument() { return std::move(document_); }
  std::size_t errorPosition() const { return errorPosition_; }
  const std::string &error() const { return error_; }

private:
  json *place(json &&value) {
    if (open_.empty()) {
      document_ = std::move(value);
      return &document_;
    }
    if (open_.back()->is_object()) {
      *member_ = std::move(value);
      return member_;
    }
    auto *elements = open_.back()->get_ptr<json::array_t *>();
    return &elements->emplace_back(std::move(value));
  }
  bool add(json &&value) { return complete(place(std::move(value))); }
  bool complete(json *value) {
    if (!compareWithEarlier(value))
      return false;
    if (onMember_ && open_.size() == 1 && open_.front()->is_object()) {
      (*onMember_)(rootKey_, *value);
      *value = nullptr; // the key stays, to be found if it comes again
    }
    return true;
  }
  /// Once the value behind a repeated key is complete.
  bool compareWithEarlier(const json *value) {
    if (earlier_.empty() || earlier_.back().member != value)
      return true;
    Earlier earlier = std::move(earlier_.back());
    earlier_.pop_back();
    return earlier.value == *value ||
           fail(earlier.position, "duplicate key \"" + earlier.name + "\" with another value");
  }
  bool open(json &&container) {
    if (open_.size() == static_cast<std::size_t>(maxJsonDepth))
      return fail(taken_, "nested deeper than " + std::to_string(maxJsonDepth) + " levels");
    // The address stays good while the container is open: its parent grows only after it is closed.
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    json *value = open_.back();
    open_.pop_back();
    return complete(value);
  }
  bool fail(std::size_t position, std::string message) {
    errorPosition_ = position;
    error_ = std::move(message);
    return false;
  }

  /// What a key held before it was given again.
  struct Earlier {
    std::string name;
    std::size_t position;
    const json *member;
    json value;
  };

  const std::size_t &taken_;
  RepeatedKeys repeatedKeys_;
  const OnJsonMember *onMember_;
  std::string rootKey_;
  std::vector<Earlier> earlier_;
  json document_;
  std::vector<json *> open_;
  json *member_ = nullptr;
  std::size_t errorPosition_ = 0;
  std::string error_;
};

/// `position` counts bytes from 1, as nlohmann does: the last byte read before the error.
Status errorAt(std::string_view text, std::size_t position, std::string_view fileName, const std::string &message) {
  std::string_view before = text.substr(0, std::min(text.size(), position == 0 ? 0 : position - 1));
  std::size_t line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  std::size_t lastNewline = before.rfind('\n');
  std::size_t column = before.size() - (lastNewline == std::string_view::npos ? 0 : lastNewline + 1) + 1;
  return Status::error(std::string(fileName) + ": invalid JSON at line " + std::to_string(line) + ", column " +
                       std::to_string(column) + " (byte " + std::to_string(before.size()) + "): " + message);
}

} // namespace

static Expected<json> parse(std::string_view text, std::string_view fileName, RepeatedKeys repeatedKeys,
                            const OnJsonMember *onMember) {
  // Never legal, not even within strings; nlohmann would take it for the end and not look at what follows.
  if (std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return errorAt(text, nul + 1, fileName, "byte 0");
  // Syntax errors arrive as events; what is left to throw is the allocator.
  try {
    std::size_t taken = 0;
    Builder builder(taken, repeatedKeys, onMember);
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the pair of iterators carries the length
    CountingIterator begin{text.data(), &taken}, end{text.data() + text.size(), &taken};
    if (!json::sax_parse(begin, end, &builder))
      return errorAt(text, builder.errorPosition(), fileName, builder.error());
    return builder.takeDocument();
  } catch (const std::exception &error) {
    return Status::error(std::string(fileName) + ": cannot parse JSON: " + error.what());
  }
}

Expected<json> parseJson(std::string_view text, std::string_view fileName, RepeatedKeys repeatedKeys) {
  return parse(text, fileName, repeatedKeys, nullptr);
}

Status parseJsonMembers(std::string_view text, std::string_view fileName, const OnJsonMember &onMember) {
  Expected<json> document = parse(text, fileName, RepeatedKeys::Refused, &onMember);
  if (!document)
    return document.status();
  return document->is_object() ? Status::ok() : Status::error(std::string(fileName) + ": expected a JSON object");
}

} // namespace veomni
