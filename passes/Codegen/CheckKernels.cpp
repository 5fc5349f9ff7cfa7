// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program's kernels are what their kinds declare: checked where a program is made, and not only where it is compiled.
#include "veomni/Codegen/KernelChecks.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Passes/Codegen/Passes.h"

using namespace mlir;

namespace veomni::codegen {

#define GEN_PASS_DEF_CHECKKERNELS
#include "veomni/Passes/Codegen/Passes.h.inc"

namespace {
class CheckKernels : public impl::CheckKernelsBase<CheckKernels> {
  void runOnOperation() override {
    FailureOr<ChosenTarget> target = targetOf(getOperation());
    if (failed(target) || failed(checkKernels(getOperation(), *target)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace

} // namespace veomni::codegen
