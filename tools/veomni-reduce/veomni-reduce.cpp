// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shrinks a module while a test script still finds it interesting.
#include "veomni/Pipelines/FatalErrors.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  veomni::reportFatalErrorsAs("veomni-reduce");
  mlir::DialectRegistry registry;
  veomni::registerAllDialects(registry);
  veomni::registerPhasePipelines();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
