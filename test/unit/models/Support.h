// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Models of the fixtures' configs.
#ifndef VEOMNI_TEST_UNIT_MODELS_SUPPORT_H
#define VEOMNI_TEST_UNIT_MODELS_SUPPORT_H

#include "../model_config/Fixtures.h"

#include "veomni/ModelConfig/CheckpointLayout.h"
#include "veomni/Models/Decoder.h"
#include "veomni/Models/Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace veomni::test {

/// What the model of this config asks for; in f32 all of it.
inline std::vector<Parameter> parametersOf(const ModelConfig &config) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<VeOmniDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  mlir::FloatType f32 = mlir::Float32Type::get(&context);
  ModuleTree tree(*module, f32, f32);
  buildDecoder(tree, config, EntryOptions{});
  return askedParameters(*module);
}

} // namespace veomni::test

#endif // VEOMNI_TEST_UNIT_MODELS_SUPPORT_H
