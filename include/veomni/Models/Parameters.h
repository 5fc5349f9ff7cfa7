// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a model needs of its checkpoint, read off the model itself.
#ifndef VEOMNI_MODELS_PARAMETERS_H
#define VEOMNI_MODELS_PARAMETERS_H

#include "veomni/ModelConfig/CheckpointRules.h"

#include "mlir/IR/BuiltinOps.h"

#include <vector>

namespace veomni {

/// Every parameter that the public functions of a module tree ask for, on any instance that they reach, with its full
/// name: once, in the order in which they are met.
std::vector<Parameter> askedParameters(mlir::ModuleOp module);

} // namespace veomni

#endif // VEOMNI_MODELS_PARAMETERS_H
