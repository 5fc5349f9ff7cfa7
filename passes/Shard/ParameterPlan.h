// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which parameters ranks have parts of: what comes with the compiler, and what users say.
#ifndef VEOMNI_PASSES_SHARD_PARAMETERPLAN_H
#define VEOMNI_PASSES_SHARD_PARAMETERPLAN_H

#include "Parameters.h"

#include "veomni/PlanFile/PlanFile.h"

namespace veomni::shard {

/// What rules say of the parameters that the module's entries read. Of several rules that match a name the last one
/// holds, and those of the plan come after those that the compiler has. Fails with a diagnostic where a rule of the
/// plan matches nothing, or what a rule matches cannot be divided.
mlir::FailureOr<Divisions> planParameters(mlir::ModuleOp module, MeshAttr mesh,
                                          llvm::ArrayRef<PlanFile::Parameter> plan);

} // namespace veomni::shard

#endif // VEOMNI_PASSES_SHARD_PARAMETERPLAN_H
