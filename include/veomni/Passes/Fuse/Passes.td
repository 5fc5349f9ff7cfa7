// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `fuse`: rewrites that turn several ops into fewer or faster ones.
#ifndef VEOMNI_PASSES_FUSE_PASSES_TD
#define VEOMNI_PASSES_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseExperts : Pass<"veomni-fuse-experts", "::mlir::ModuleOp"> {
  let summary = "loops over experts to two grouped products";
  let description = [{
    Loops over experts that are bound to the kernel `grouped` sort their routes by expert once and multiply all rows by
    their experts' matrices in two products, instead of taking one expert after the other. Rows are added up in the
    order of the experts, so that the result is that of the loop, bit for bit.

    Before:
    ```mlir
    %y = veomni.experts_loop @MixtralExperts.expert (%x, %e, %w) {num_experts = 8 : i64, veomni.kernel = "grouped"} ...
    ```
    After:
    ```mlir
    %gate_up = veomni.param "gate_up_proj" : tensor<8x216x64xf32>
    %down = veomni.param "down_proj" : tensor<8x64x108xf32>
    %routes, %places, %offsets = veomni.expert_sort %e : ...
    %rows = veomni.permute %x by %routes {top_k = 2 : i64} : ...
    %h = veomni.grouped_gemm %rows, %gate_up offsets %offsets : ...
    %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : ...
    %o = veomni.grouped_gemm %a, %down offsets %offsets : ...
    %y = veomni.expert_combine %o by %routes, %places weights %w : ...
    ```
    Leaves loops bound to another kernel alone, and says so in a remark of category `fuse`. A loop bound to `grouped`
    whose body is not `down(glu(gate_up(rows)))` is an error.
  }];
  let statistics = [Statistic<"numFused", "fused", "Loops fused">];
}

def FuseLinearCrossEntropy : Pass<"veomni-fuse-linear-cross-entropy", "::mlir::func::FuncOp"> {
  let summary = "losses and the heads whose logits only they need, to one op";
  let description = [{
    Losses that are bound to the kernel `fused_linear` take over the product that makes their logits, so that [batch,
    seq, vocab] f32, which with a vocabulary of 151936 and 4096 tokens are 2.5 GB, are never stored. The op keeps what
    the product was bound to.

    Before:
    ```mlir
    %logits = veomni.linear %x, %w {veomni.kernel = "packed"}
        : (tensor<?x?x64xf32>, tensor<151x64xf32>) -> tensor<?x?x151xf32>
    %losses, %counts = veomni.cross_entropy %logits, %labels
        {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : ...
    ```
    After:
    ```mlir
    %losses, %counts = veomni.linear_cross_entropy %x, %w, %labels
        {ignore_index = -100 : i64, veomni.kernel = "packed"} : ...
    ```
    Leaves losses bound to another kernel alone, and says so in a remark of category `fuse`. A loss bound to
    `fused_linear` is an error if its logits have another use, are not f32, or are not made by a `veomni.linear` of
    parameters.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [
    Statistic<"numFused", "fused", "Losses fused">,
    Statistic<"numMissed", "missed", "Losses that keep their logits">
  ];
}

def FuseGateUp : Pass<"veomni-fuse-gate-up", "::mlir::func::FuncOp"> {
  let summary = "one product for gate and up";
  let description = [{
    Gate and up projections of a gated MLP read the same rows: one product over their weights, one after the other,
    reads them once.

    Before:
    ```mlir
    %g = veomni.linear %x, %wg : (tensor<?x?x64xf32>, tensor<108x64xf32>) -> tensor<?x?x108xf32>
    %u = veomni.linear %x, %wu : (tensor<?x?x64xf32>, tensor<108x64xf32>) -> tensor<?x?x108xf32>
    %a = veomni.glu %g, %u {act = #veomni.activation<silu>} : tensor<?x?x108xf32>
    ```
    After:
    ```mlir
    %w = veomni.concat_params %wg, %wu : (tensor<108x64xf32>, tensor<108x64xf32>) -> tensor<216x64xf32>
    %gu = veomni.linear %x, %w : (tensor<?x?x64xf32>, tensor<216x64xf32>) -> tensor<?x?x216xf32>
    %a = veomni.packed_glu %gu {act = #veomni.activation<silu>} : tensor<?x?x216xf32> -> tensor<?x?x108xf32>
    ```
    Leaves the form before, with a remark that says why, where gate or up has another use, they read different inputs,
    are bound to different kernels, only one has a bias, a weight is not a parameter, or the activation is bound to
    another kernel than `fused`.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [Statistic<"numFused", "fused", "Pairs fused">];
}

def FuseQkv : Pass<"veomni-fuse-qkv", "::mlir::func::FuncOp"> {
  let summary = "one product for the projections of an attention";
  let description = [{
    Query, key and value projections read the same rows: one product over their weights, one after the other, reads them
    once. What follows reads its heads within the wider rows, so that nothing is copied.

    Before:
    ```mlir
    %q = veomni.linear %x, %wq : (tensor<?x?x64xf32>, tensor<80x64xf32>) -> tensor<?x?x80xf32>
    %qh = veomni.unflatten %q : tensor<?x?x80xf32> -> tensor<?x?x4x20xf32>
    %k = veomni.linear %x, %wk : (tensor<?x?x64xf32>, tensor<40x64xf32>) -> tensor<?x?x40xf32>
    %kh = veomni.unflatten %k : tensor<?x?x40xf32> -> tensor<?x?x2x20xf32>
    ```
    After:
    ```mlir
    %w = veomni.concat_params %wq, %wk : (tensor<80x64xf32>, tensor<40x64xf32>) -> tensor<120x64xf32>
    %qk = veomni.linear %x, %w : (tensor<?x?x64xf32>, tensor<120x64xf32>) -> tensor<?x?x120xf32>
    %q = veomni.slice %qk {offset = 0 : i64} : tensor<?x?x120xf32> -> tensor<?x?x80xf32>
    %qh = veomni.unflatten %q : tensor<?x?x80xf32> -> tensor<?x?x4x20xf32>
    ...
    ```
    Takes projections whose result is split into heads that a norm, a rope or an attention's values read. Leaves them
    apart, with a remark that says why, where they are bound to different kernels, only some have a bias, or a weight is
    not a parameter.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [Statistic<"numFused", "fused", "Projections fused">];
}

def FuseNormResidual : Pass<"veomni-fuse-norm-residual", "::mlir::func::FuncOp"> {
  let summary = "norms that add up what they read";
  let description = [{
    A residual sum and the norm of it take one pass over the rows.

    Before:
    ```mlir
    %h = veomni.binary add %x, %y : tensor<?x?x64xf32>, tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    %n = veomni.rms_norm %h, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
        : tensor<?x?x64xf32>, tensor<64xf32>
    ```
    After:
    ```mlir
    %h, %n = veomni.add_rms_norm %x, %y, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
        : tensor<?x?x64xf32>, tensor<64xf32>
    ```
    Leaves norms alone that read no sum of their own function or are bound to another kernel than `fused`, and says why
    in a remark.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [Statistic<"numFused", "fused", "Norms fused">];
}

#endif
