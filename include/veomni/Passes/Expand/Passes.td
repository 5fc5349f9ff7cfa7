// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From ops of a model to the ops that a tensor library would run for them.
#ifndef VEOMNI_PASSES_EXPAND_PASSES_TD
#define VEOMNI_PASSES_EXPAND_PASSES_TD

include "mlir/Pass/PassBase.td"

def Expand : Pass<"veomni-expand", "::mlir::ModuleOp"> {
  let summary = "write ops in their eager form";
  let description = [{
    Replaces ops whose attribute `veomni.kernel` is `"eager"` by what transformers' eager code computes, in ops of one
    step each: a reference to compare kernels with, and a form that every target can run. It takes more memory:
    attention holds all its scores. Arithmetic is f32, rounded where the fused op rounds.

    Before:
    ```mlir
    %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "eager"}
        : tensor<?x8xf32>, tensor<8xf32>
    ```
    After:
    ```mlir
    %0 = veomni.unary square %x : tensor<?x8xf32>
    %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
    %2 = veomni.binary_scalar add %1, 1.0e-06 : tensor<?x1xf32>
    %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
    %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
    %y = veomni.binary mul %w, %4 : tensor<8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    ```
    Expands the ops that bring more than one step: norms, gated units, ropes, attention and its indexer, linear
    attention, routers, hyper-connections and losses; other ops are eager as they are, `experts_loop` among them.
    `veomni-raise` is the way back, but for hyper-connections.
  }];
  let options = [Option<"all", "all", "bool", "false", "expand all ops, whatever kernel they are bound to">];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [Statistic<"numExpanded", "expanded", "Ops expanded">];
}

#endif
