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

def HoistGathers : Pass<"veomni-hoist-gathers", "::mlir::ModuleOp"> {
  let summary = "gather the weights of a layer where layers follow one another";
  let description = [{
    What comes behind a layer is known only to the function that runs the layers, one after the other: one that runs
    once and calls functions which run several times. What it calls hands the gathers of its weights up to it and takes
    the whole weights as arguments, so that a pass may start them ahead (`veomni-overlap-collectives`). A function that
    a loop runs, or `veomni_rt.expert_dispatch`, keeps its gathers.

    Before:
    ```mlir
    veomni_rt.func @layer(%x: !veomni_rt.buffer<[seq, 64] x f32> read_write) params(1) slots(1) {
      %part = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
      %w = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
      veomni_rt.collective all_gather over "dp_shard" gather(0) (%part, %w : ...)
      ...
    }
    veomni_rt.func @layers(%x: !veomni_rt.buffer<[seq, 64] x f32> read_write) params(2) slots(0) {
      veomni_rt.call @layer params(0) (%x : ...)
      veomni_rt.call @layer params(1) (%x : ...)
    }
    ```
    After:
    ```mlir
    veomni_rt.func @layer(%x: ... read_write, %w: !veomni_rt.buffer<[64, 64] x f32> read) params(1) slots(1) { ... }
    veomni_rt.func @layers(%x: !veomni_rt.buffer<[seq, 64] x f32> read_write) params(2) slots(2) {
      %part0 = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
      %w0 = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
      %part1 = veomni_rt.param 1 : !veomni_rt.buffer<[32, 64] x f32>
      %w1 = veomni_rt.slot 1 : !veomni_rt.buffer<[64, 64] x f32>
      veomni_rt.collective all_gather over "dp_shard" gather(0) (%part0, %w0 : ...)
      veomni_rt.call @layer params(0) (%x, %w0 : ...)
      veomni_rt.collective all_gather over "dp_shard" gather(0) (%part1, %w1 : ...)
      veomni_rt.call @layer params(1) (%x, %w1 : ...)
    }
    ```
  }];
  let dependentDialects = ["::veomni::rt::ProgramDialect"];
  let statistics = [Statistic<"numHoisted", "hoisted", "Gathers that left a function, step by step">];
}

def OverlapCollectives : Pass<"veomni-overlap-collectives", "::mlir::ModuleOp"> {
  let summary = "let instructions run while data moves between ranks";
  let description = [{
    A collective is waited for where its result is first used or memory that it reads is written again, rather than at
    once. One that gathers weights alone starts ahead: when those of the gather before it have come, so that the weights
    of one stretch of instructions move while the stretch before it runs, and no more than two are there at a time. It
    does not start before a call that gathers weights itself. The order of collectives is one for all ranks, which run
    one program.

    Before:
    ```mlir
    veomni_rt.collective all_gather over "dp_shard" gather(0) (%part0, %w0 : ...)
    veomni_rt.call @layer params(0) (%x, %w0 : ...)
    veomni_rt.collective all_gather over "dp_shard" gather(0) (%part1, %w1 : ...)
    veomni_rt.call @layer params(1) (%x, %w1 : ...)
    ```
    After:
    ```mlir
    veomni_rt.collective all_gather over "dp_shard" gather(0) (%part0, %w0 : ...)
    veomni_rt.collective all_gather over "dp_shard" gather(0) starts (%part1, %w1 : ...)
    veomni_rt.call @layer params(0) (%x, %w0 : ...)
    veomni_rt.wait (%part1, %w1 : ...)
    veomni_rt.call @layer params(1) (%x, %w1 : ...)
    ```
  }];
  let dependentDialects = ["::veomni::rt::ProgramDialect"];
  let statistics = [Statistic<"numStarted", "started", "Collectives beside which something runs">];
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
