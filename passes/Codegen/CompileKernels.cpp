// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernel declarations become machine code, all of a program in one executable.
#include "veomni/Codegen/KernelChecks.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Passes/Codegen/Passes.h"

using namespace mlir;

namespace veomni::codegen {

#define GEN_PASS_DEF_COMPILEKERNELS
#include "veomni/Passes/Codegen/Passes.h.inc"

namespace {

class CompileKernels : public impl::CompileKernelsBase<CompileKernels> {
public:
  using CompileKernelsBase::CompileKernelsBase;

private:
  void runOnOperation() override;
};

/// Whether the module has come through phase lower; an error that says what it is otherwise.
LogicalResult expectProgram(ModuleOp module) {
  auto isOf = [](StringRef dialect) {
    return [dialect](Operation &op) { return op.getName().getDialectNamespace() == dialect; };
  };
  if (llvm::any_of(*module.getBody(), isOf(rt::ProgramDialect::getDialectNamespace())))
    return success();
  bool isModel = llvm::any_of(*module.getBody(), isOf("veomni")) || llvm::any_of(*module.getBody(), isOf("func"));
  return module.emitError() << "phase codegen expects a program (veomni_rt), which phase lower writes, found "
                            << (isModel ? "a model, as phase import writes it; lower it first" : "none");
}

void CompileKernels::runOnOperation() {
  ModuleOp module = getOperation();
  if (failed(expectProgram(module)))
    return signalPassFailure();
  auto isDeclared = [](rt::KernelOp kernel) { return !kernel.hasCode(); };
  FailureOr<ChosenTarget> target = targetOf(module);
  if (failed(target))
    return signalPassFailure();
  // From here on the executables say what they are for.
  module->removeAttr(VeOmniDialect::kTarget);
  if (llvm::none_of(module.getOps<rt::KernelOp>(), isDeclared))
    return;
  FailureOr<BoundKernels> bound = checkKernels(module, *target);
  if (failed(bound))
    return signalPassFailure();
  SmallVector<rt::KernelOp> kernels;
  std::vector<KernelRequest> requests;
  std::vector<SmallVector<rt::ExtentAttr>> flops;
  for (auto &[op, kernel] : *bound) {
    kernels.push_back(op);
    flops.push_back(kernel.flops());
    requests.push_back({op.getSymName().str(), std::move(kernel)});
  }
  llvm::Expected<std::optional<Code>> code = target->backend->compile(requests, *target->level, threads);
  if (!code) {
    module.emitError() << llvm::toString(code.takeError());
    return signalPassFailure();
  }
  SymbolTable symbols(module);
  OpBuilder builder(kernels.front());
  SmallVector<StringRef> features(target->level->features.begin(), target->level->features.end());
  std::optional<StringRef> bytes;
  if (*code)
    bytes = StringRef((*code)->data(), (*code)->size());
  auto variant =
      rt::VariantAttr::create(&getContext(), target->backend->name(), target->level->name, features, "code", bytes);
  auto executable = rt::ExecutableOp::create(builder, module.getLoc(), "code", builder.getArrayAttr({variant}));
  symbols.insert(executable); // renames if "code" is taken
  for (auto [kernel, operations] : llvm::zip(kernels, flops))
    kernel.bindTo(FlatSymbolRefAttr::get(executable.getSymNameAttr()), operations);
  numKernels += kernels.size();
}

} // namespace
} // namespace veomni::codegen
