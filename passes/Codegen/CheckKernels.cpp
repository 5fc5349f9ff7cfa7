// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program's kernels are what their kinds declare: checked where a program is made, and not only where it is compiled.
#include "KernelChecks.h"
#include "veomni/Passes/Codegen/Passes.h"

using namespace mlir;

namespace veomni::codegen {

#define GEN_PASS_DEF_CHECKKERNELS
#include "veomni/Passes/Codegen/Passes.h.inc"

namespace {
class CheckKernels : public impl::CheckKernelsBase<CheckKernels> {
  void runOnOperation() override {
    if (failed(checkKernels(getOperation())))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace

} // namespace veomni::codegen
