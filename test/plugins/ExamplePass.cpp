// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// [pass-plugin]
// A plugin with one pass: writes on every function how many linear layers it has.
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir;

namespace {
struct CountLinears : PassWrapper<CountLinears, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CountLinears)
  StringRef getArgument() const override { return "example-count-linears"; }
  StringRef getDescription() const override { return "count the linear layers of each function"; }
  void runOnOperation() override {
    int64_t count = 0;
    getOperation().walk([&](veomni::LinearOp) { ++count; });
    getOperation()->setAttr("example.linears", Builder(&getContext()).getI64IntegerAttr(count));
  }
};
} // namespace

extern "C" PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "example", LLVM_VERSION_STRING, [] { PassRegistration<CountLinears>(); }};
}
// [/pass-plugin]
