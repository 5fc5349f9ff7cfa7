// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a weight's recipe makes, found from the headers alone: which parts of which tensors lie where in the result.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_RECIPE_H
#define VEOMNI_RUNTIME_CHECKPOINT_RECIPE_H

#include "Fp8.h"
#include "Problems.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/schema/bundle_generated.h"

#include <vector>

namespace veomni {

/// A tensor as a box of the result. All three lists have the result's rank.
struct Piece {
  const TensorInfo *tensor; ///< null where it was not found, which is a problem
  const TensorInfo *scales; ///< where the tensor holds MXFP4 blocks or FP8 numbers; else null
  bundle::DType type;       ///< of the tensor, or what it becomes with its scales
  std::vector<int64_t> origin, extent;
  std::vector<int64_t> stride;      ///< in the tensor, in elements of `type`
  std::vector<bundle::DType> casts; ///< to be converted to, in this order
  Fp8Blocks fp8 = {};               ///< of FP8 numbers
};

/// A value that is still spread over its tensors.
struct LazyValue {
  std::vector<int64_t> dims;
  bundle::DType type;
  bool packed = false;
  std::vector<Piece> pieces; ///< each element of the value lies in exactly one

  /// Whether the bytes of a single tensor are the value.
  bool isWholeTensor() const;
};

/// Follows the recipe and checks that it makes a value of the weight's type. Where it does not, adds to `problems` and the value is
/// worthless.
LazyValue evaluateRecipe(const bundle::Weight &weight, const Checkpoint &checkpoint, Problems &problems);

/// Bytes of a value in memory, with the padding of its layout; nothing if they are more than a size can say.
std::optional<uint64_t> storedBytes(const LazyValue &value);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_RECIPE_H
