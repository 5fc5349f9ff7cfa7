// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a bundle is, for people who have only the file.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_DESCRIBE_H
#define VEOMNI_TOOLS_VEOMNI_RUN_DESCRIBE_H

#include "veomni/runtime/Bundle.h"

namespace veomni {

/// Prints the model, what was ignored, entries with inputs and outputs, weights, kernels and targets to standard
/// output.
void describeBundle(const Bundle &bundle);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_DESCRIBE_H
