// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions between floating-point types, for runs of elements that need not be aligned.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_CONVERT_H
#define VEOMNI_RUNTIME_CHECKPOINT_CONVERT_H

#include "veomni/schema/bundle_generated.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veomni {

using ConvertRun = void (*)(const std::byte *source, std::byte *target, size_t count);

/// How to convert `from` to `to`: f32, bf16, f16 and f64, rounding to nearest even, infinities and NaNs kept. Null for
/// any other pair. The results do not depend on whether the calling thread flushes denormals, as those that run kernels
/// do.
ConvertRun converter(bundle::DType from, bundle::DType to);

/// Several conversions, one after the other.
class Conversion {
public:
  Conversion(bundle::DType from, const std::vector<bundle::DType> &to);

  /// Whether source and target are the same bits.
  bool isIdentity() const { return steps_.empty(); }
  size_t sourceSize() const { return sourceSize_; }
  size_t targetSize() const { return targetSize_; }
  void run(const std::byte *source, std::byte *target, size_t count) const;

private:
  size_t sourceSize_, targetSize_;
  std::vector<ConvertRun> steps_;
};

/// Bytes of one element.
size_t elementBytes(bundle::DType type);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_CONVERT_H
