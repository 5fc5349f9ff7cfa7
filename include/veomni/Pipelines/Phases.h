// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phases of a compilation, as pipelines that every tool shares.
#ifndef VEOMNI_PIPELINES_PHASES_H
#define VEOMNI_PIPELINES_PHASES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

#include <optional>
#include <string>

namespace veomni {

/// In order. What a phase reads is what the phase before it wrote.
enum class Phase { Import, Raise, Shard, Bind, Fuse, Lower, Codegen };

llvm::ArrayRef<Phase> allPhases();
llvm::StringRef phaseName(Phase phase);
std::optional<Phase> parsePhase(llvm::StringRef name);

struct ImportPipelineOptions : public mlir::PassPipelineOptions<ImportPipelineOptions> {
  Option<std::string> directory{*this, "dir", llvm::cl::desc("folder of the model"), llvm::cl::init("")};
  ListOption<std::string> entries{*this, "entry",
                                  llvm::cl::desc("what the program computes: forward, loss or both [forward]")};
  Option<std::string> dtype{*this, "dtype", llvm::cl::desc("element type of weights: f32 or bf16"),
                            llvm::cl::init("f32")};
  ListOption<std::string> with{
      *this, "with",
      llvm::cl::desc("more outputs, hidden_states, router_logits, or inputs, image_embeds, video_embeds")};
  ListOption<std::string> ignoredConfigKeys{*this, "ignore-config-key",
                                            llvm::cl::desc("keys of config.json that change nothing")};
  ListOption<std::string> ignoredTensors{*this, "ignore-tensor",
                                         llvm::cl::desc("tensors that the model does not need, by glob")};
};

struct ShardPipelineOptions : public mlir::PassPipelineOptions<ShardPipelineOptions> {
  Option<std::string> mesh{
      *this, "mesh", llvm::cl::desc("axes of the ranks and their sizes, such as sp=2; empty: what the module says"),
      llvm::cl::init("")};
  Option<std::string> plan{*this, "plan", llvm::cl::desc("file that says which parameters ranks have parts of"),
                           llvm::cl::init("")};
};

/// What the module is compiled for; empty: what it says already, else the best level of this machine's CPU.
struct TargetPipelineOptions : public mlir::PassPipelineOptions<TargetPipelineOptions> {
  Option<std::string> target{*this, "target", llvm::cl::desc("what the code runs on: cpu or null [cpu]"),
                             llvm::cl::init("")};
  Option<std::string> level{*this, "level", llvm::cl::desc("level of the target, such as x86-64-v4, or host [host]"),
                            llvm::cl::init("")};
};

struct BindPipelineOptions : public TargetPipelineOptions {
  ListOption<std::string> kernels{*this, "kernel", llvm::cl::desc("op[/variant][@path]=implementation")};
  Option<std::string> plan{*this, "plan", llvm::cl::desc("file of such rules"), llvm::cl::init("")};
};

struct CodegenPipelineOptions : public TargetPipelineOptions {
  Option<unsigned> threads{*this, "threads", llvm::cl::desc("threads that compile; 0: as many as the machine has"),
                           llvm::cl::init(0)};
};

/// A model directory into an empty module.
void buildImportPipeline(mlir::OpPassManager &manager, const ImportPipelineOptions &options);
/// What is there in eager form becomes the ops of a model.
void buildRaisePipeline(mlir::OpPassManager &manager);
/// What each of several ranks runs; nothing changes where the module has no mesh.
void buildShardPipeline(mlir::OpPassManager &manager, const ShardPipelineOptions &options);
/// An implementation for every op that has a choice.
void buildBindPipeline(mlir::OpPassManager &manager, const BindPipelineOptions &options);
/// The rewrites that the chosen implementations ask for.
void buildFusePipeline(mlir::OpPassManager &manager);
/// Model dialect -> program dialect, kernels declared.
void buildLowerPipeline(mlir::OpPassManager &manager, const TargetPipelineOptions &options);
/// Declared kernels -> machine code.
void buildCodegenPipeline(mlir::OpPassManager &manager, const CodegenPipelineOptions &options);

/// Registers `--veomni-<phase>` and every pass for tools that take pipelines by name.
void registerPhasePipelines();

} // namespace veomni

#endif // VEOMNI_PIPELINES_PHASES_H
