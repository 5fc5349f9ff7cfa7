// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// veomni-translate: model directories and bundles <-> text.
#include "veomni/Bundle/Bundle.h"
#include "veomni/Import/HuggingFace.h"
#include "veomni/Pipelines/Tool.h"

#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "llvm/Support/FileSystem.h"

#include <string>
#include <vector>

static constexpr const char *kOverview = R"(Translates between IR and files.

Examples:
  veomni-translate --import-hf Qwen3-0.6B -o import.mlir
  veomni-translate --bundle-to-mlir qwen3.vob | less
  veomni-translate --bundle-to-json qwen3.vob
  veomni-translate --mlir-to-bundle codegen.mlir -o qwen3.vob
)";

int main(int argc, char **argv) {
  veomni::hideOptionsOfLibraries();
  veomni::startTool("veomni-translate");
  veomni::registerBundleTranslations();
  veomni::registerHuggingFaceTranslation();
  // Translations read files; a model directory stands for its config.json.
  std::vector<std::string> arguments(argv, argv + argc);
  std::vector<char *> pointers;
  for (std::string &argument : arguments) {
    if (&argument != &arguments.front() && llvm::sys::fs::is_directory(argument))
      argument += "/config.json";
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  return mlir::failed(mlir::mlirTranslateMain(argc, pointers.data(), kOverview)) ? 1 : 0;
}
