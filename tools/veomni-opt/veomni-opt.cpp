// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mlir-opt with the project's dialects, passes and phases.
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "veomni/Pipelines/KernelOptions.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"
#include "veomni/Pipelines/Tool.h"

#include "llvm/Support/InitLLVM.h"

static constexpr const char *kOverview = R"(Runs phases and passes on text.

Examples:
  veomni-opt /dev/null --veomni-import=dir=Qwen3-0.6B -o import.mlir
  veomni-opt import.mlir --veomni-raise --veomni-bind --veomni-fuse -o fused.mlir
  veomni-opt import.mlir --veomni-expand=all
  veomni-opt import.mlir --veomni-raise --remarks-filter=raise --remark-format=emitRemark
      also say what was recognised, and why what is nearly an op is none
  veomni-opt fused.mlir --veomni-lower --mlir-print-ir-after-all
)";

int main(int argc, char **argv) {
  veomni::hideOptionsOfLibraries();
  veomni::startTool("veomni-opt");
  llvm::InitLLVM init(argc, argv);
  llvm::cl::OptionCategory category("Kernel options");
  veomni::KernelOptions kernelOptions(category);
  std::shared_ptr<veomni::kernels::KernelRegistry> kernels = veomni::builtinKernels();
  std::shared_ptr<veomni::codegen::BackendRegistry> backends = veomni::builtinBackends();
  mlir::DialectRegistry registry;
  veomni::registerAllDialects(registry, kernels, backends);
  veomni::registerPhasePipelines();
  const std::string overview = kOverview + ("\n" + backends->help());
  auto [input, output] = mlir::registerAndParseCLIOptions(argc, argv, overview, registry);
  if (std::optional<int> code = kernelOptions.apply("veomni-opt", *kernels, *backends))
    return *code;
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
}
