// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `lower`: from the model dialect to the program dialect.
#ifndef VEOMNI_PASSES_LOWER_PASSES_TD
#define VEOMNI_PASSES_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToProgram : Pass<"veomni-lower-to-program", "::mlir::ModuleOp"> {
  let summary = "turn a module tree into functions of dispatches";
  let description = [{
    Every function of the module tree becomes one `veomni_rt.func`; every op becomes a dispatch of a kernel that is
    declared by kind and attributes; results go to buffers that the caller provides. Row strides of activations, kinds
    of kernels and the layout of products' matrices are those of the module's target. Parameters become windows of one
    table of weights, in the order in which calls reach them, so that one body serves every layer.

    Before:
    ```mlir
    func.func public @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"})
        -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
      %w = veomni.param "norm.weight" : tensor<8xf32>
      %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
          : tensor<?x8xf32>, tensor<8xf32>
      return %y : tensor<?x8xf32>
    }
    ```
    After:
    ```mlir
    veomni_rt.kernel @rms_norm_0 = "rms_norm" {cols = 8 : i64, ...} (read ..., read ..., write ...) scalars(1)
    veomni_rt.func @forward(%x: !veomni_rt.buffer<[seq, 8] x f32> read "x",
                            %y: !veomni_rt.buffer<[seq, 8] x f32> write "y") params(1) slots(0) {
      %w = veomni_rt.param 0 : !veomni_rt.buffer<[8] x f32>
      veomni_rt.dispatch @rms_norm_0 workgroups(ceildiv(seq, 16)) (%x, %w, %y : ...) scalars(seq)
      veomni_rt.return
    }
    ```
    Every public function becomes an entry; what several of them call is lowered once.

    Refuses modules without a public function, inputs that index something and do not say within which range, ops that
    have no kernel (all of them are named), parameters without a `veomni.weight` and weights that no parameter reads
    (all of them are named, each with the most similar name among the others), and arguments whose axes are not named.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect", "::veomni::rt::ProgramDialect"];
}

def ShardWeights : Pass<"veomni-shard-weights", "::mlir::ModuleOp"> {
  let summary = "ranks keep parts of weights and gather them before use";
  let description = [{
    Where the mesh has an axis `dp_shard` of p ranks, each of them keeps one of p parts of every weight, in the layout
    in which kernels read it, along the first dim that the ranks divide (into whole tiles, where it is tiles). A
    function gathers what it reads right before that: all that is read between two calls in one exchange for each such
    dim, into slots, so that the memory is free again behind the last instruction that reads it. Norms and biases, which
    have one dim, stay whole, as do parts over an axis that re-divides the ranks (`ep`), since those that would gather
    them have other parts, and with a remark weights that the ranks do not divide.

    Before:
    ```mlir
    veomni_rt.weight "w" : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>
        = [load("w", [64, 80], f32), pack([32, 1])]
    ...
    %w = veomni_rt.param 0 : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>
    veomni_rt.dispatch @gemm_0 workgroups(...) (%x, %w, %y : ...)
    ```
    After, over two ranks:
    ```mlir
    veomni_rt.weight "w" : !veomni_rt.buffer<[32, 80] x f32, tiles = [32, 1]>
        = [load("w", [64, 80], f32), part("dp_shard", 2, dim = 0), pack([32, 1])]
    ...
    %part = veomni_rt.param 0 : !veomni_rt.buffer<[32, 80] x f32, tiles = [32, 1]>
    %w = veomni_rt.slot 3 : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>
    veomni_rt.collective all_gather over "dp_shard" gather(0) (%part, %w : ...)
    veomni_rt.dispatch @gemm_0 workgroups(...) (%x, %w, %y : ...)
    ```
    A program without the axis, or whose weights are divided already, does not change.
  }];
  let dependentDialects = ["::veomni::rt::ProgramDialect"];
  let statistics = [Statistic<"numDivided", "divided", "Weights of which ranks keep parts">];
}

// [pass-declaration]
def AssignSlots : Pass<"veomni-assign-slots", "::mlir::ModuleOp"> {
  let summary = "let values whose lives do not meet share memory";
  let description = [{
    Renumbers the slots of every `veomni_rt.func` so that a slot is reused once the last instruction that touches it has
    run. Values prefer a slot whose size grows with the same symbols and is nearest in size.

    Before: `%a`, `%b`, `%c` in slots 0, 1, 2, where `%a` is dead before `%c` is written. After: slots 0, 1, 0.
  }];
  let statistics = [
    Statistic<"numValues", "values", "Values in slots">,
    Statistic<"numSlots", "slots", "Slots after sharing">
  ];
}
// [/pass-declaration]

#endif
