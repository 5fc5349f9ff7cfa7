// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Language server for .mlir files with our dialects: hover, go to definition, diagnostics while typing.
#include "veomni/Pipelines/Register.h"
#include "veomni/Pipelines/Tool.h"

#include "mlir/IR/Dialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/CommandLine.h"

static constexpr const char *kExamples = R"(
Examples:
  "mlir.server_path": "/path/to/veomni-lsp-server"
      in the settings of Visual Studio Code with the extension MLIR
  vim.lsp.start({name = "mlir", cmd = {"veomni-lsp-server"}})
      in Neovim
  veomni-lsp-server --log=verbose 2> server.log
      as an editor's command: keep what the two say to each other
)";

int main(int argc, char **argv) {
  veomni::hideOptionsOfLibraries();
  veomni::startTool("veomni-lsp-server");
  llvm::cl::extrahelp examples(kExamples);
  mlir::DialectRegistry registry;
  veomni::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
