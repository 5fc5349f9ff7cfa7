// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A file's bytes, mapped read-only.
#ifndef VEOMNI_RUNTIME_MAPPEDFILE_H
#define VEOMNI_RUNTIME_MAPPEDFILE_H

#include "veomni/runtime/Status.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace veomni {

/// What standard input is called where a path is expected.
inline constexpr std::string_view standardInput = "<stdin>";

/// A private read-only mapping of a whole regular file, of the size it had when it was opened. Shrinking the file while
/// it is mapped makes reads beyond its new end raise SIGBUS: weights must not be rewritten in place under a running
/// model.
class MappedFile {
public:
  /// Standard input (`standardInput`) may be a pipe, too: what comes through it is kept in memory.
  static Expected<MappedFile> open(const std::string &path);

  MappedFile(MappedFile &&other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile &operator=(MappedFile &&other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// For callers who will read a range soon: starts to fetch what of it is not in memory, and waits for nothing.
  void prefetch(std::size_t offset, std::size_t size) const;
  /// For callers who read a whole range at once: makes its pages present in one step instead of by many faults.
  void populate(std::size_t offset, std::size_t size) const;
  /// Gives the physical pages that lie wholly inside the range back; they are read again from the file when touched.
  /// For callers who have read a range for the last time.
  void release(std::size_t offset, std::size_t size) const;

private:
  static Expected<MappedFile> standard();
  static Expected<MappedFile> map(int descriptor, const std::string &path);
  MappedFile(std::byte *data, std::size_t size) : data_(data), size_(size) {}
  void advise(std::size_t offset, std::size_t size, int advice) const;

  std::byte *data_; // page-aligned; null for an empty file
  std::size_t size_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_MAPPEDFILE_H
