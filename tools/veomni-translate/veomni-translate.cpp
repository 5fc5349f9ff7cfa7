// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// veomni-translate: model directories and bundles <-> text.
#include "veomni/Bundle/Bundle.h"
#include "veomni/Import/HuggingFace.h"
#include "veomni/Pipelines/FatalErrors.h"

#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "llvm/Support/FileSystem.h"

#include <string>
#include <vector>

int main(int argc, char **argv) {
  veomni::reportFatalErrorsAs("veomni-translate");
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
  return mlir::failed(mlir::mlirTranslateMain(argc, pointers.data(), "VeOmni translations between IR and files\n")) ? 1 : 0;
}
