// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bundle that has been checked: whoever holds one may follow every index in it.
#ifndef VEOMNI_RUNTIME_BUNDLE_H
#define VEOMNI_RUNTIME_BUNDLE_H

#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace veomni {

class Bundle {
public:
  /// Reads and checks a file (BundleFormat.h): header, sizes, digest, flatbuffer, then all that `verifyBundle` knows.
  /// Digests of code segments are checked when the code is loaded, by `codeSegment`.
  static Expected<Bundle> load(const std::string &path);
  /// The same from memory, which is copied; `name` is for messages.
  static Expected<Bundle> fromMemory(std::span<const std::byte> file, const std::string &name);

  const bundle::Bundle &program() const { return *program_; }
  /// The flatbuffer that `program` reads.
  std::span<const uint8_t> metadataBytes() const { return metadata_; }
  /// The path or name it was loaded by.
  const std::string &name() const { return name_; }
  /// The bytes of a code segment, once their digest has been found right.
  Expected<std::span<const std::byte>> codeSegment(const bundle::Segment &segment) const;
  /// The value of a metadata key, or null.
  const char *metadata(std::string_view key) const;

private:
  Bundle() = default;
  static Expected<Bundle> parse(Bundle bundle);

  struct AlignedDelete {
    void operator()(std::byte *bytes) const;
  };
  // Owned, not mapped: a file that changes after it was verified cannot reach the executor.
  std::unique_ptr<std::byte[], AlignedDelete> bytes_;
  uint64_t size_ = 0;
  std::string name_;
  std::span<const uint8_t> metadata_;
  const bundle::Bundle *program_ = nullptr;
};

/// Checks everything the schema says beyond the flatbuffer's own structure (which must have been verified): ranges of
/// enums and indices, definitions before uses, sizes that cannot overflow, types that agree, the parameter window of
/// every call, no recursion, outputs that are written. `codeBegin` and `fileSize` bound the code segments. Reports all
/// problems of a phase, one a line, naming function and instruction.
Status verifyBundle(const bundle::Bundle &program, uint64_t codeBegin, uint64_t fileSize);

} // namespace veomni

#endif // VEOMNI_RUNTIME_BUNDLE_H
