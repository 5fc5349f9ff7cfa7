// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rows of the table of steps, which several files write.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_STEPS_H
#define VEOMNI_RUNTIME_CHECKPOINT_STEPS_H

#include "veomni/runtime/Recipe.h"

#include <string>

namespace veomni::recipe {

// ElementSteps.cpp: where elements come from, and what they are.
extern const StepRule loadRule, castRule, packRule, dequantMxfp4Rule, dequantFp8Rule;
// ShapeSteps.cpp: where elements lie.
extern const StepRule concatRule, stackRule, transposeRule, sliceRule, unstackRule, partRule;

/// The type, if its sizes are of this world.
Expected<ValueType> checked(ValueType type);

inline Status wrong(std::string text) { return Status::error(std::move(text)); }
template <size_t count> size_t takes(const Step &) { return count; }

} // namespace veomni::recipe

#endif // VEOMNI_RUNTIME_CHECKPOINT_STEPS_H
