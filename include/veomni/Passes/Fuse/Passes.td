// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `fuse`: rewrites that turn several ops into fewer or faster ones.
#ifndef VEOMNI_PASSES_FUSE_PASSES_TD
#define VEOMNI_PASSES_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseExperts : Pass<"veomni-fuse-experts", "::mlir::ModuleOp"> {
  let summary = "loops over experts to two grouped products";
  let description = [{
    Loops over experts that are bound to the kernel `grouped` sort their routes by expert once and multiply all rows by their experts'
    matrices in two products, instead of taking one expert after the other. Rows are added up in the order of the experts, so that the
    result is that of the loop, bit for bit.

    Before:
    ```mlir
    %y = veomni.experts_loop @MixtralExperts.expert (%x, %e, %w) {num_experts = 8 : i64, veomni.kernel = "grouped"} : ...
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
    Leaves loops bound to another kernel alone, and says so in a remark of category `fuse`. A loop bound to `grouped` whose body is not
    `down(glu(gate_up(rows)))` is an error.
  }];
  let statistics = [Statistic<"numFused", "fused", "Loops fused">];
}

def FuseLinearCrossEntropy : Pass<"veomni-fuse-linear-cross-entropy", "::mlir::ModuleOp"> {
  let summary = "losses and the heads whose logits only they need, to one op";
  let description = [{
    Losses that are bound to the kernel `fused_linear` take over the product that makes their logits, so that [batch, seq, vocab] f32, which
    with a vocabulary of 151936 and 4096 tokens are 2.5 GB, are never stored. The op keeps what the product was bound to.

    Before:
    ```mlir
    %logits = veomni.linear %x, %w {veomni.kernel = "packed"} : (tensor<?x?x64xf32>, tensor<151x64xf32>) -> tensor<?x?x151xf32>
    %loss = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64, shift, veomni.kernel = "fused_linear"} : ...
    ```
    After:
    ```mlir
    %loss = veomni.linear_cross_entropy %x, %w, %labels {ignore_index = -100 : i64, shift, veomni.kernel = "packed"} : ...
    ```
    Leaves losses bound to another kernel alone, and says so in a remark of category `fuse`. A loss bound to `fused_linear` is an error if
    its logits have another use, are not f32, or are not made by a `veomni.linear` of parameters.
  }];
  let statistics = [
    Statistic<"numFused", "fused", "Losses fused">,
    Statistic<"numMissed", "missed", "Losses that keep their logits">
  ];
}

#endif
