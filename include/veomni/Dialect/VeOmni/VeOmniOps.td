// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of the model dialect, one file per family.
#ifndef VEOMNI_DIALECT_VEOMNI_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_OPS_TD

include "veomni/Dialect/VeOmni/ModuleOps.td"
include "veomni/Dialect/VeOmni/NNOps.td"
include "veomni/Dialect/VeOmni/SequenceOps.td"
include "veomni/Dialect/VeOmni/MoeOps.td"
include "veomni/Dialect/VeOmni/GroupedOps.td"
include "veomni/Dialect/VeOmni/LossOps.td"
include "veomni/Dialect/VeOmni/MhcOps.td"
include "veomni/Dialect/VeOmni/EagerOps.td"
include "veomni/Dialect/VeOmni/CollectiveOps.td"

#endif
