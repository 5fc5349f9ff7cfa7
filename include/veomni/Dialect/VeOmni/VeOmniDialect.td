// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_DIALECT_TD
#define VEOMNI_DIALECT_VEOMNI_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def VeOmni_Dialect : Dialect {
  let name = "veomni";
  let cppNamespace = "::veomni";
  let summary = "Hugging Face models as a tree of modules";
  let description = [{
    A model is a set of functions, one per (class, method, specialisation); instances are calls *at* a path:

    ```mlir
    func.func private @LlamaMLP.forward(%x: tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"]})
        -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"]})
        attributes {veomni.class = "LlamaMLP", veomni.method = "forward"} {
      %wg = veomni.param "gate_proj.weight" : tensor<108x64xf32>
      ...
    }
    ...
    %m = veomni.call @LlamaMLP.forward at "mlp" (%n) : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
    ```

    The full name of a parameter is the path of its instance and the name in `veomni.param`, so compile time and code
    size do not grow with depth. Public functions are entries. Attributes of arguments and results:

    | attribute | on | meaning |
    |---|---|---|
    | `veomni.axes` | arguments, results | names of the dynamic dimensions, in order; equal names are equal sizes |
    | `veomni.name` | entry arguments, results | the tensor's name in Hugging Face (`input_ids`, `logits`) |
    | `veomni.default` | entry arguments | `"ones"` or `"iota"`: the caller may leave the input out |
    | `veomni.range` | entry arguments | inclusive range of integer elements |
    | `veomni.ignored` | entry arguments | one more integer that elements may be: a label that does not count |
    | `veomni.below` | entry arguments | elements are less than `#veomni_rt.extent<seq>`; at least 0 without a range |
    | `veomni.rows_of` | entry arguments | `{input = "input_ids", value = 7 : i64}`: a row for each such element |
    | `veomni.accepts_cu_seqlens` | entry arguments | `cu_seqlens` may be given in its place |

    Phase `bind` marks every op that has a slot in the kernel registry with the implementation that it takes,
    `veomni.kernel = "grouped"`. What the module is compiled for is its attribute
    `veomni.target = #veomni.target<"cpu", "x86-64-v4">`; the program that the module becomes keeps it until its kernels
    are compiled.

    Where several ranks run a model together, phase `shard` gives the module the grid of them, `veomni.mesh =
    #veomni.mesh<"sp" = 2>`, and makes its functions what each rank runs. An axis `seq` of which a rank has a part is
    then called `seq@sp`; `@` occurs in no other name of an axis.
  }];
  let extraClassDeclaration = [{
    static constexpr llvm::StringLiteral kAxes = "veomni.axes";
    static constexpr llvm::StringLiteral kName = "veomni.name";
    static constexpr llvm::StringLiteral kDefault = "veomni.default";
    static constexpr llvm::StringLiteral kRange = "veomni.range";
    static constexpr llvm::StringLiteral kIgnored = "veomni.ignored";
    static constexpr llvm::StringLiteral kBelow = "veomni.below";
    static constexpr llvm::StringLiteral kRowsOf = "veomni.rows_of";
    static constexpr llvm::StringLiteral kCuSeqlens = "veomni.accepts_cu_seqlens";
    static constexpr llvm::StringLiteral kClass = "veomni.class";
    static constexpr llvm::StringLiteral kMethod = "veomni.method";
    static constexpr llvm::StringLiteral kKernel = "veomni.kernel";
    static constexpr llvm::StringLiteral kMetadata = "veomni.metadata";
    static constexpr llvm::StringLiteral kTarget = "veomni.target";
    static constexpr llvm::StringLiteral kMesh = "veomni.mesh";
    /// The axis of the mesh whose ranks keep parts of all weights, and gather them before use.
    static constexpr llvm::StringLiteral kWeightAxis = "dp_shard";
  }];
  let dependentDialects = ["::veomni::WeightDialect"];
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let hasOperationAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
}

#endif
