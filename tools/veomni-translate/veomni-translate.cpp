// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "veomni/Bundle/Bundle.h"

int main(int argc, char **argv) {
  veomni::registerBundleTranslations();
  return failed(mlir::mlirTranslateMain(argc, argv, "VeOmni translations between IR and files\n")) ? 1 : 0;
}
