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

#endif
