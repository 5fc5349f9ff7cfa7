// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Pipelines/Phases.h"

#include "veomni/Passes/Codegen/Passes.h"
#include "veomni/Passes/Expand/Passes.h"
#include "veomni/Passes/Lower/Passes.h"
#include "veomni/Passes/Raise/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace veomni {

static constexpr Phase kPhases[] = {Phase::Import, Phase::Lower, Phase::Codegen};

ArrayRef<Phase> allPhases() { return kPhases; }

StringRef phaseName(Phase phase) {
  switch (phase) {
  case Phase::Import:
    return "import";
  case Phase::Lower:
    return "lower";
  case Phase::Codegen:
    return "codegen";
  }
  llvm_unreachable("every phase has a name");
}

std::optional<Phase> parsePhase(StringRef name) {
  for (Phase phase : kPhases)
    if (phaseName(phase) == name)
      return phase;
  return std::nullopt;
}

// [lower-pipeline]
void buildLowerPipeline(OpPassManager &manager) {
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(lower::createLowerToProgram());
  manager.addPass(lower::createAssignSlots());
}
// [/lower-pipeline]

void buildCodegenPipeline(OpPassManager &manager, const CodegenPipelineOptions &options) {
  codegen::CompileKernelsOptions compile;
  compile.cpu = options.cpu;
  compile.threads = options.threads;
  manager.addPass(codegen::createCompileKernels(compile));
}

void registerPhasePipelines() {
  expand::registerExpandPasses();
  lower::registerLowerPasses();
  raise::registerRaisePasses();
  codegen::registerCodegenPasses();
  registerTransformsPasses();
  PassPipelineRegistration<>("veomni-lower", "phase lower: model dialect to program dialect, kernels declared",
                             [](OpPassManager &manager) { buildLowerPipeline(manager); });
  PassPipelineRegistration<CodegenPipelineOptions>("veomni-codegen", "phase codegen: declared kernels to machine code",
                                                   buildCodegenPipeline);
}

} // namespace veomni
