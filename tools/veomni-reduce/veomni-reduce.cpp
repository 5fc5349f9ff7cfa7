// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shrinks a module while a test script still finds it interesting.
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"
#include "veomni/Pipelines/Tool.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "llvm/Support/CommandLine.h"

static constexpr const char *kExamples = R"(
Examples:
  veomni-reduce big.mlir --reduction-tree='traversal-mode=0 test=./interesting.sh' -o small.mlir
      leave out functions and ops as long as ./interesting.sh FILE, run on what is left, exits with 1
  veomni-reduce big.mlir --opt-reduction-pass='opt-pass=canonicalize test=./interesting.sh' -o small.mlir
      run a pass if what it gives is still interesting
)";

int main(int argc, char **argv) {
  llvm::cl::extrahelp examples(kExamples);
  veomni::hideOptionsOfLibraries();
  veomni::startTool("veomni-reduce");
  mlir::DialectRegistry registry;
  veomni::registerAllDialects(registry);
  veomni::registerPhasePipelines();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
