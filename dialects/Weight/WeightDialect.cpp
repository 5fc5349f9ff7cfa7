// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registration.
#include "veomni/Dialect/Weight/Weight.h"

#include "veomni/Dialect/Weight/WeightDialect.cpp.inc"

void veomni::WeightDialect::initialize() { registerAttributes(); }
