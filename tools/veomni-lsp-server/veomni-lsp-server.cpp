// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Language server for .mlir files with our dialects: hover, go to definition, diagnostics while typing.
#include "veomni/Pipelines/Register.h"

#include "mlir/IR/Dialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  veomni::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
