// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognises activations in the steps that eager code takes.
#ifndef VEOMNI_PASSES_RAISE_ACTIVATION_H
#define VEOMNI_PASSES_RAISE_ACTIVATION_H

#include "Match.h"

namespace veomni::raise {

/// An activation and what it takes, or why it is none.
struct Activated {
  GluActivation act = GluActivation::Silu;
  Value x;
  float alpha = 1; // x * sigmoid(alpha * x)
  llvm::StringRef problem = "";
};

/// Nothing if the value reminds of no activation.
std::optional<Activated> activationOf(Value value);

/// x of x * sigmoid(x); null if the value is anything else.
Value siluInput(Value value);

} // namespace veomni::raise

#endif // VEOMNI_PASSES_RAISE_ACTIVATION_H
