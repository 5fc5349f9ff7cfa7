// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Errors as values: the runtime and the readers it shares with the compiler never throw and never abort on bad input.
#ifndef VEOMNI_RUNTIME_STATUS_H
#define VEOMNI_RUNTIME_STATUS_H

#include <optional>
#include <string>
#include <utility>

namespace veomni {

/// Success, or a message for the user: lower case, no full stop, naming file, key, found and expected. Several problems
/// of one input are lines of one message.
class [[nodiscard]] Status {
public:
  static Status ok() { return Status(); }
  static Status error(std::string message) {
    Status status;
    status.message_ = std::move(message);
    return status;
  }
  bool isOk() const { return !message_; }
  explicit operator bool() const { return isOk(); }
  /// The message; empty on success.
  const std::string &message() const {
    static const std::string none;
    return message_ ? *message_ : none;
  }

private:
  std::optional<std::string> message_;
};

/// A value or an error.
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : value_(std::move(value)) {}
  Expected(Status status) : status_(std::move(status)) {}
  explicit operator bool() const { return value_.has_value(); }
  T &operator*() { return *value_; }
  const T &operator*() const { return *value_; }
  T *operator->() { return &*value_; }
  const T *operator->() const { return &*value_; }
  const Status &status() const { return status_; }

private:
  std::optional<T> value_;
  Status status_ = Status::ok();
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_STATUS_H
