// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How far outputs are from what was expected.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_COMPARE_H
#define VEOMNI_TOOLS_VEOMNI_RUN_COMPARE_H

#include "veomni/runtime/Tensor.h"

#include <cstdint>

namespace veomni {

struct Difference {
  double maxAbsolute = 0; // of |found - expected|; infinite where one is not a number and the other is not
  double maxExpected = 0; // of |expected|
  int64_t compared = 0;

  double relative() const { return maxAbsolute == 0 ? 0 : maxAbsolute / maxExpected; }
  /// Not more than `absolute + relative * max |expected|` away.
  bool within(double relative, double absolute) const { return maxAbsolute <= absolute + relative * maxExpected; }
};

/// Compares two tensors of one shape, whatever their element types. With a mask [batch, seq] of integers, tensors that
/// begin with those sizes are compared only where it is not 0.
Difference compare(const Tensor &found, const Tensor &expected, const Tensor *mask);

/// Element `index` as a double.
double elementAt(const Tensor &tensor, int64_t index);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_COMPARE_H
