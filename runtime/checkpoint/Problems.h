// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Messages: several problems of one input, one a line.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_PROBLEMS_H
#define VEOMNI_RUNTIME_CHECKPOINT_PROBLEMS_H

#include "veomni/runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace veomni {

/// "[2, 7, 64]"
inline std::string dimsText(std::span<const int64_t> dims) {
  std::string text = "[";
  for (int64_t dim : dims)
    text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

class Problems {
public:
  /// `prefix` begins every line: the file.
  explicit Problems(std::string_view prefix) : prefix_(prefix) {}

  void add(std::string_view problem) {
    if (count_++ < shown)
      text_ += (text_.empty() ? "" : "\n") + prefix_ + ": " + std::string(problem);
  }
  bool empty() const { return count_ == 0; }
  /// Whether further problems will only be counted, so that their text need not be looked for.
  bool full() const { return count_ >= shown; }
  size_t count() const { return count_; }
  Status status() const {
    if (empty())
      return Status::ok();
    return Status::error(
        count_ > shown ? text_ + "\n" + prefix_ + ": and " + std::to_string(count_ - shown) + " more problems" : text_);
  }

private:
  static constexpr size_t shown = 50;
  std::string prefix_, text_;
  size_t count_ = 0;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_PROBLEMS_H
