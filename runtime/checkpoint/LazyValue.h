// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A weight before it is in memory: which parts of which tensors lie where in it. Steps of recipes work on these, so
// that reordering, cutting and joining cost nothing, and every element is read and written once, wherever it ends.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_LAZYVALUE_H
#define VEOMNI_RUNTIME_CHECKPOINT_LAZYVALUE_H

#include "Fp8.h"
#include "Problems.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Recipe.h"

#include <optional>
#include <vector>

namespace veomni {

/// A box of a value that comes from one tensor. All lists have the value's rank.
struct Piece {
  const TensorInfo *tensor; ///< null where it was not found, which is a problem
  const TensorInfo *scales; ///< where the tensor holds MXFP4 blocks or FP8 numbers; else null
  bundle::DType type;       ///< of the tensor, or what it becomes with its scales
  std::vector<int64_t> origin, extent;
  std::vector<int64_t> stride;      ///< in the tensor, in elements of `type`
  int64_t offset = 0;               ///< of the box's first element in the tensor
  std::vector<bundle::DType> casts; ///< to be converted to, in this order
  Fp8Blocks fp8 = {};               ///< of FP8 numbers
};

/// A value that is still spread over its tensors.
struct LazyValue : recipe::ValueType {
  std::vector<Piece> pieces; ///< each element of the value lies in exactly one

  /// Where all bytes of the value lie one after the other in a tensor: the first element there.
  std::optional<int64_t> placeInTensor() const;
};

/// Follows the recipe and checks that it makes a value of the weight's type. Where it does not, adds to `problems` and
/// the value is worthless. `places`: of the rank whose part of it is wanted.
LazyValue evaluateRecipe(const bundle::Weight &weight, const Checkpoint &checkpoint, const recipe::Places &places,
                         Problems &problems);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_LAZYVALUE_H
