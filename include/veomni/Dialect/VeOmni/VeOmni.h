// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The model dialect `veomni`: Hugging Face models as a tree of modules.
#ifndef VEOMNI_DIALECT_VEOMNI_VEOMNI_H
#define VEOMNI_DIALECT_VEOMNI_VEOMNI_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "veomni/Dialect/VeOmni/AxisExtent.h"
#include "veomni/Dialect/VeOmni/ShardingRule.h"
#include "veomni/Dialect/Weight/Weight.h"

#include "veomni/Dialect/VeOmni/VeOmniDialect.h.inc"

#include "veomni/Dialect/VeOmni/VeOmniEnums.h.inc"

#include "veomni/Dialect/VeOmni/VeOmniInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "veomni/Dialect/VeOmni/VeOmniAttrs.h.inc"

#define GET_OP_CLASSES
#include "veomni/Dialect/VeOmni/VeOmniOps.h.inc"

#endif // VEOMNI_DIALECT_VEOMNI_VEOMNI_H
