// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mlir-opt with the project's dialects, passes and phases.
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "veomni/Pipelines/KernelOptions.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"
#include "veomni/Pipelines/Tool.h"
#include "veomni/runtime/BundleFormat.h"

#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/ToolOutputFile.h"

static constexpr const char *kOverview = R"(Runs phases and passes on text.

Examples:
  veomni-opt /dev/null --veomni-import=dir=Qwen3-0.6B -o import.mlir
  veomni-opt import.mlir --veomni-raise --veomni-bind --veomni-fuse -o fused.mlir
  veomni-opt import.mlir --veomni-expand=all
  veomni-opt import.mlir --veomni-raise --remarks-filter=raise --remark-format=emitRemark
      also say what was recognised, and why what is nearly an op is none
  veomni-opt fused.mlir --veomni-lower --mlir-print-ir-after-all
)";

static mlir::LogicalResult fail(const llvm::Twine &message) {
  llvm::errs() << "veomni-opt: error: " << message << "\n";
  return mlir::failure();
}

/// As MlirOptMain does it, but for a file as output, which is whole or not there, and for input that is no text.
static mlir::LogicalResult optimise(const std::string &input, const std::string &output,
                                    mlir::DialectRegistry &registry, const mlir::MlirOptMainConfig &config) {
  if (input == "-" && llvm::sys::Process::StandardInIsUserInput())
    llvm::errs() << "(reads standard input; ctrl-d ends it)\n";
  std::string error, text;
  std::unique_ptr<llvm::MemoryBuffer> file = mlir::openInputFile(input, &error);
  if (!file)
    return fail(error);
  if (veomni::bundle_format::isBundle(file->getBuffer()))
    return fail(file->getBufferIdentifier() +
                ": is a bundle, expected text; veomni-translate --bundle-to-mlir writes it as text");
  // What goes to standard output goes there part by part.
  if (output == "-") {
    std::unique_ptr<llvm::ToolOutputFile> standardOutput = mlir::openOutputFile(output, &error);
    return standardOutput ? mlir::MlirOptMain(standardOutput->os(), std::move(file), registry, config) : fail(error);
  }
  llvm::raw_string_ostream os(text);
  if (failed(mlir::MlirOptMain(os, std::move(file), registry, config)))
    return mlir::failure();
  veomni::Status status = veomni::writeOutput(output, text);
  return status ? mlir::success() : fail(status.message());
}

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
  const auto config = mlir::MlirOptMainConfig::createFromCLOptions();
  // Lists of what there is are no output.
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
  return mlir::asMainReturnCode(optimise(input, output, registry, config));
}
