// RUN: veomni-opt %s --veomni-fuse-experts | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-experts | veomni-opt --veomni-fuse-experts | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-experts --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A loop bound to `grouped` becomes two grouped products; what its products are bound to goes with them, the body's
// function goes.
// CHECK-NOT: @A.expert
func.func private @A.expert(%rows: tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}) {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
  %d = veomni.param "down_proj" : tensor<2x8x6xf32>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %ge {veomni.kernel = "packed"} : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<gelu>, veomni.kernel = "fused"} : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// CHECK-LABEL: func.func private @A.forward
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32> {{.*}}, %[[E:.*]]: tensor<?x?x1xi32> {{.*}}, %[[W:.*]]: tensor<?x?x1xf32>
// CHECK-DAG: %[[G:.*]] = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
// CHECK-DAG: %[[D:.*]] = veomni.param "down_proj" : tensor<2x8x6xf32>
// CHECK: %routes, %places, %offsets = veomni.expert_sort %[[E]] : tensor<?x?x1xi32> -> tensor<?xi32>, tensor<?x?x1xi32>, tensor<3xi32>
// CHECK: %[[ROWS:.*]] = veomni.permute %[[X]] by %routes {top_k = 1 : i64}
// CHECK: %[[H:.*]] = veomni.grouped_gemm %[[ROWS]], %[[G]] offsets %offsets {veomni.kernel = "packed"}
// CHECK: %[[A:.*]] = veomni.packed_glu %[[H]] {act = #veomni.activation<gelu>, veomni.kernel = "fused"}
// CHECK: %[[O:.*]] = veomni.grouped_gemm %[[A]], %[[D]] offsets %offsets : (
// CHECK: %[[Y:.*]] = veomni.expert_combine %[[O]] by %routes, %places weights %[[W]]
// CHECK: return %[[Y]]
// REMARK-DAG: [Passed] FuseExperts | Category:fuse | Function=A.forward | Remark="the loop over 2 experts became two grouped products"
func.func private @A.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}, %e: tensor<?x?x1xi32> {veomni.axes = ["batch", "seq"]},
    %w: tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) {
  %y = veomni.experts_loop @A.expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "grouped"}
      : tensor<?x?x8xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// CHECK: @B.expert
func.func private @B.expert(%rows: tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}) {
  %d = veomni.param "w" : tensor<2x8x8xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x8xf32> -> tensor<8x8xf32>
  %y = veomni.linear %rows, %de : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// A loop that is bound otherwise, or not at all, stays.
// CHECK-LABEL: func.func private @B.forward
// CHECK: veomni.experts_loop @B.expert {{.*}}veomni.kernel = "eager"
// CHECK: veomni.experts_loop @B.expert {{.*}}{num_experts = 2 : i64} :
// REMARK-DAG: [Missed] FuseExperts | Category:fuse | Function=B.forward | Remark="the loop over experts stays: it is bound to 'eager'"
// REMARK-DAG: [Missed] FuseExperts | Category:fuse | Function=B.forward | Remark="the loop over experts stays: it is not bound"
func.func private @B.forward(%x: tensor<?x?x8xf32>, %e: tensor<?x?x1xi32>, %w: tensor<?x?x1xf32>) -> tensor<?x?x8xf32> {
  %y = veomni.experts_loop @B.expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "eager"}
      : tensor<?x?x8xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %z = veomni.experts_loop @B.expert (%y, %e, %w) {num_experts = 2 : i64}
      : tensor<?x?x8xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  return %z : tensor<?x?x8xf32>
}

// Biases go along, and the activation stays what it is.
// CHECK-NOT: @C.expert
func.func private @C.expert(%rows: tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}) {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
  %gb = veomni.param "gate_up_proj_bias" : tensor<2x12xf32>
  %d = veomni.param "down_proj" : tensor<2x8x6xf32>
  %db = veomni.param "down_proj_bias" : tensor<2x8xf32>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
  %gbe = veomni.select_expert %gb, %e : tensor<2x12xf32> -> tensor<12xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x6xf32> -> tensor<8x6xf32>
  %dbe = veomni.select_expert %db, %e : tensor<2x8xf32> -> tensor<8xf32>
  %h = veomni.linear %rows, %ge bias %gbe : (tensor<?x8xf32>, tensor<12x8xf32>, tensor<12xf32>) -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>, alpha = 1.7 : f32, layout = #veomni.glu_layout<interleaved>, limit = 7.0 : f32, up_shift = 1.0 : f32}
      : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %de bias %dbe : (tensor<?x6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// CHECK-LABEL: func.func private @C.forward
// CHECK-DAG: %[[G:.*]] = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
// CHECK-DAG: %[[GB:.*]] = veomni.param "gate_up_proj_bias" : tensor<2x12xf32>
// CHECK-DAG: %[[D:.*]] = veomni.param "down_proj" : tensor<2x8x6xf32>
// CHECK-DAG: %[[DB:.*]] = veomni.param "down_proj_bias" : tensor<2x8xf32>
// CHECK: %[[H:.*]] = veomni.grouped_gemm %{{.*}}, %[[G]] offsets %offsets bias %[[GB]] :
// CHECK: %[[A:.*]] = veomni.packed_glu %[[H]] {act = #veomni.activation<silu>, alpha = {{.*}}, layout = #veomni.glu_layout<interleaved>, limit = {{.*}}, up_shift =
// CHECK: veomni.grouped_gemm %[[A]], %[[D]] offsets %offsets bias %[[DB]] :
func.func private @C.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}, %e: tensor<?x?x1xi32> {veomni.axes = ["batch", "seq"]},
    %w: tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) {
  %y = veomni.experts_loop @C.expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "grouped"}
      : tensor<?x?x8xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}
