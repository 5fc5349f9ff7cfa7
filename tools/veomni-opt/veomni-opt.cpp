// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "veomni/Pipelines/FatalErrors.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"

int main(int argc, char **argv) {
  veomni::reportFatalErrorsAs("veomni-opt");
  mlir::DialectRegistry registry;
  veomni::registerAllDialects(registry);
  veomni::registerPhasePipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "VeOmni optimizer driver\n", registry));
}
