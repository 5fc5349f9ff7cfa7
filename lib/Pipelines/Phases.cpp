// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phases as pipelines, built in one place for all tools, so that a dump of one tool continues in another.
#include "veomni/Pipelines/Phases.h"

#include "veomni/Passes/Bind/Passes.h"
#include "veomni/Passes/Codegen/Passes.h"
#include "veomni/Passes/Expand/Passes.h"
#include "veomni/Passes/Fuse/Passes.h"
#include "veomni/Passes/Import/Passes.h"
#include "veomni/Passes/Lower/Passes.h"
#include "veomni/Passes/Raise/Passes.h"
#include "veomni/Passes/Shard/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace veomni {

static constexpr Phase kPhases[] = {Phase::Import, Phase::Raise, Phase::Shard,  Phase::Bind,
                                    Phase::Fuse,   Phase::Lower, Phase::Codegen};

ArrayRef<Phase> allPhases() { return kPhases; }

StringRef phaseName(Phase phase) {
  switch (phase) {
  case Phase::Import:
    return "import";
  case Phase::Raise:
    return "raise";
  case Phase::Shard:
    return "shard";
  case Phase::Bind:
    return "bind";
  case Phase::Fuse:
    return "fuse";
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

void buildImportPipeline(OpPassManager &manager, const ImportPipelineOptions &options) {
  importer::ImportModelOptions import;
  import.directory = options.directory;
  llvm::append_range(import.entries, options.entries);
  import.dtype = options.dtype;
  llvm::append_range(import.with, options.with);
  llvm::append_range(import.ignoredConfigKeys, options.ignoredConfigKeys);
  llvm::append_range(import.ignoredTensors, options.ignoredTensors);
  manager.addPass(importer::createImportModel(import));
}

void buildRaisePipeline(OpPassManager &manager) { manager.addPass(raise::createRaise()); }

void buildShardPipeline(OpPassManager &manager, const ShardPipelineOptions &options) {
  shard::SetMeshOptions mesh;
  mesh.mesh = options.mesh;
  manager.addPass(shard::createSetMesh(mesh));
  shard::ShardModelOptions model;
  model.plan = options.plan;
  manager.addPass(shard::createShardModel(model));
  manager.addPass(shard::createFoldCollectives());
  manager.addPass(shard::createShardExperts());
  manager.addPass(shard::createCheckParts());
}

static void addSetTarget(OpPassManager &manager, const TargetPipelineOptions &options) {
  bind::SetTargetOptions target;
  target.target = options.target;
  target.level = options.level;
  manager.addPass(bind::createSetTarget(target));
}

void buildBindPipeline(OpPassManager &manager, const BindPipelineOptions &options) {
  addSetTarget(manager, options);
  bind::BindKernelsOptions bind;
  llvm::append_range(bind.choices, options.kernels);
  bind.plan = options.plan;
  manager.addPass(bind::createBindKernels(bind));
}

void buildFusePipeline(OpPassManager &manager) {
  manager.addPass(fuse::createFuseExperts());
  // After the experts, whose activation may be bound to its eager form in either of theirs.
  manager.addPass(expand::createExpand());
  manager.addNestedPass<func::FuncOp>(fuse::createFuseGateUp());
  manager.addNestedPass<func::FuncOp>(fuse::createFuseQkv());
  manager.addNestedPass<func::FuncOp>(fuse::createFuseNormResidual());
  manager.addNestedPass<func::FuncOp>(fuse::createFuseLinearCrossEntropy());
}

// [lower-pipeline]
void buildLowerPipeline(OpPassManager &manager, const TargetPipelineOptions &options) {
  addSetTarget(manager, options);
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(lower::createLowerToProgram());
  manager.addPass(lower::createShardWeights());
  manager.addPass(lower::createHoistGathers());
  manager.addPass(lower::createOverlapCollectives());
  manager.addPass(lower::createAssignSlots());
  manager.addPass(codegen::createCheckKernels());
}
// [/lower-pipeline]

void buildCodegenPipeline(OpPassManager &manager, const CodegenPipelineOptions &options) {
  addSetTarget(manager, options);
  codegen::CompileKernelsOptions compile;
  compile.threads = options.threads;
  manager.addPass(codegen::createCompileKernels(compile));
}

void registerPhasePipelines() {
  bind::registerBindPasses();
  expand::registerExpandPasses();
  fuse::registerFusePasses();
  importer::registerImportPasses();
  lower::registerLowerPasses();
  raise::registerRaisePasses();
  shard::registerShardPasses();
  codegen::registerCodegenPasses();
  registerTransformsPasses();
  PassPipelineRegistration<ImportPipelineOptions>(
      "veomni-import", "phase import: a model directory into an empty module", buildImportPipeline);
  PassPipelineRegistration<>("veomni-raise", "phase raise: what is there in eager form becomes the ops of a model",
                             [](OpPassManager &manager) { buildRaisePipeline(manager); });
  PassPipelineRegistration<ShardPipelineOptions>("veomni-shard", "phase shard: what each of several ranks runs",
                                                 buildShardPipeline);
  PassPipelineRegistration<BindPipelineOptions>(
      "veomni-bind", "phase bind: an implementation for every op that has a choice", buildBindPipeline);
  PassPipelineRegistration<>("veomni-fuse", "phase fuse: the rewrites that the chosen implementations ask for",
                             [](OpPassManager &manager) { buildFusePipeline(manager); });
  PassPipelineRegistration<TargetPipelineOptions>(
      "veomni-lower", "phase lower: model dialect to program dialect, kernels declared", buildLowerPipeline);
  PassPipelineRegistration<CodegenPipelineOptions>("veomni-codegen", "phase codegen: declared kernels to machine code",
                                                   buildCodegenPipeline);
}

} // namespace veomni
