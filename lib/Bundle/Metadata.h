// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parts of a bundle file, checked as far as that goes without knowing what they mean.
#ifndef VEOMNI_LIB_BUNDLE_METADATA_H
#define VEOMNI_LIB_BUNDLE_METADATA_H

#include "mlir/IR/Diagnostics.h"
#include "veomni/schema/bundle_generated.h"
#include <optional>
#include <type_traits>
#include <vector>

namespace veomni {

/// The flatbuffer of a bundle, well-formed, in memory of its own.
class Metadata {
public:
  /// Checks header, digest and flatbuffer of a whole file.
  static std::optional<Metadata> open(llvm::StringRef file, llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  const bundle::Bundle &program() const { return *bundle::GetBundle(data()); }
  const uint8_t *data() const { return reinterpret_cast<const uint8_t *>(words.data()); }

private:
  // 8-byte words: flatbuffers are read in place and need their alignment, which the file's bytes may lack.
  std::vector<uint64_t> words;
};

/// Elements of a vector that may be missing.
template <typename T> auto sizeOf(const flatbuffers::Vector<T> *vector) { return vector ? vector->size() : 0; }

/// Whether elements lie where their type needs them, which the verifier of flatbuffers does not check.
template <typename T> bool isAligned(const flatbuffers::Vector<T> *vector) {
  // Writers align the elements of a vector, not the place where an empty one would have them.
  return !vector || vector->size() == 0 ||
         reinterpret_cast<uintptr_t>(vector->Data()) % alignof(std::remove_pointer_t<T>) == 0;
}

} // namespace veomni

#endif // VEOMNI_LIB_BUNDLE_METADATA_H
