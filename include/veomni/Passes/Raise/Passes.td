// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the ops of a tensor library to the ops of a model.
#ifndef VEOMNI_PASSES_RAISE_PASSES_TD
#define VEOMNI_PASSES_RAISE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Raise : Pass<"veomni-raise-eager", "::mlir::ModuleOp"> {
  let summary = "recognise ops in their eager form";
  let description = [{
    The inverse of `veomni-expand`, which also knows the other ways in which transformers writes an op: factors in any
    order, `x * x` for `square`, a sum times 1 / H for a mean, scaled queries, gelu with the half in another place.

    Before:
    ```mlir
    %0 = veomni.unary sigmoid %gate : tensor<?x8xf32>
    %1 = veomni.binary mul %gate, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    %y = veomni.binary mul %1, %up : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %y = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x8xf32>
    ```
    What nearly is an op but computes something else stays, and so does an op of which something else takes an
    intermediate value. A remark of category `raise` says why: `veomni-opt --veomni-raise --remarks-filter=raise
    --remark-format=emitRemark`.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
}

#endif
