// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `bind`: one implementation for every op that has a slot in the kernel registry.
#ifndef VEOMNI_PASSES_BIND_PASSES_TD
#define VEOMNI_PASSES_BIND_PASSES_TD

include "mlir/Pass/PassBase.td"

def SetTarget : Pass<"veomni-set-target", "::mlir::ModuleOp"> {
  let summary = "say what a module is compiled for";
  let description = [{
    Gives the module `veomni.target`, which phases bind, lower and codegen go by. Each of them begins with this pass, so
    that the first one decides and the others keep it.

    Before: `module { ... }`. After, with `target=cpu level=x86-64-v4`: `module attributes {veomni.target =
    #veomni.target<"cpu", "x86-64-v4">} { ... }`.

    Without options a module keeps the target that it has, and one that has none is for the best level of this machine's
    CPU. Unknown targets and levels are errors that list the valid ones; so is a target or a level other than the one
    that the module has already, since what was bound and lowered for one need not fit another.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"\"", "what the code runs on: cpu or null [cpu]">,
    Option<"level", "level", "std::string", "\"\"", "level of the target, such as x86-64-v4, or host [host]">
  ];
  let dependentDialects = ["::veomni::VeOmniDialect"];
}

def BindKernels : Pass<"veomni-bind-kernels", "::mlir::ModuleOp"> {
  let summary = "choose an implementation for every op instance";
  let description = [{
    Every op that has a slot in the context's kernel registry gets `veomni.kernel`, the name of the implementation that
    it takes: the one that a rule names, else the preferred one of those that fit the module's target, the element type
    and the op's semantics.

    A rule is `op[/variant][@path]=implementation`, where `path` is a glob over module paths (`model.layers.0.*`,
    `*.self_attn.q_proj`); of several rules that match, the last one holds, and those of `--kernel` come after those of
    the plan file. A function whose instances are bound differently is cloned, once for each set of choices.

    The plan file is JSON: `{"kernels": [{"op": "moe_experts", "path": "model.layers.0.*", "implementation": "eager"},
    ...]}`, with `variant` and `path` optional.

    Before:
    ```mlir
    %y = veomni.experts_loop @MixtralExperts.expert (%x, %e, %w) {num_experts = 8 : i64} : ...
    ```
    After:
    ```mlir
    %y = veomni.experts_loop @MixtralExperts.expert (%x, %e, %w) {num_experts = 8 : i64, veomni.kernel = "grouped"} ...
    ```
    An implementation that does not exist, or does not fit one of the instances that its rule names, is an error which
    lists the choices and what rules each one out; so is a rule that matches no instance. Remarks of category `bind`
    tell what was bound and what was not taken and why.
  }];
  let options = [
    ListOption<"choices", "kernel", "std::string", "op[/variant][@path]=implementation">,
    Option<"plan", "plan", "std::string", "\"\"", "file of such rules">
  ];
  let dependentDialects = ["::veomni::VeOmniDialect"]; // it has the registry
  let statistics = [
    Statistic<"numBound", "bound", "Ops bound">,
    Statistic<"numClones", "clones", "Functions cloned because their instances are bound differently">
  ];
}

#endif
