// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `import`: from a model directory to the `veomni` dialect. A pass like those of the other phases, so that
// timing, printing and pipelines by name treat all phases alike.
#ifndef VEOMNI_PASSES_IMPORT_PASSES_TD
#define VEOMNI_PASSES_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def ImportModel : Pass<"veomni-import-model", "::mlir::ModuleOp"> {
  let summary = "fill an empty module with a Hugging Face model";
  let description = [{
    Reads `config.json` and the headers of the safetensors files in a folder, and writes the module tree of the model
    and how each of its parameters is stored. Weights themselves are not read.

    Before:
    ```mlir
    module {
    }
    ```
    After `--veomni-import='dir=Qwen3-0.6B'`:
    ```mlir
    module attributes {veomni.metadata = {architecture = "Qwen3ForCausalLM", ...}} {
      veomni.weight "model.embed_tokens.weight" : ...
      func.func private @Qwen3Attention.forward(...) ...
      func.func @forward(...) ...
    }
    ```
    Refuses a module that is not empty, and folders that hold no model of a known family.
  }];
  let options = [
    Option<"directory", "dir", "std::string", "\"\"", "folder of the model">,
    ListOption<"entries", "entry", "std::string",
      "what the program computes: forward (logits), loss, or both over the same weights [forward]">,
    Option<"dtype", "dtype", "std::string", "\"f32\"", "element type of weights: f32 or bf16 (activations are f32)">,
    ListOption<"with", "with", "std::string",
      "more outputs, hidden_states, router_logits, or inputs, image_embeds, video_embeds">,
    ListOption<"ignoredConfigKeys", "ignore-config-key", "std::string",
      "keys of config.json that change nothing, though nothing reads them">,
    ListOption<"ignoredTensors", "ignore-tensor", "std::string",
      "tensors of the checkpoint that the model does not need, by glob">
  ];
  let dependentDialects = ["::veomni::VeOmniDialect", "::mlir::func::FuncDialect"];
}

#endif
