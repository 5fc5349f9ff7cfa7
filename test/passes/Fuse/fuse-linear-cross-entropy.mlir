// RUN: veomni-opt %s --veomni-fuse-linear-cross-entropy | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-linear-cross-entropy | veomni-opt --veomni-fuse-linear-cross-entropy | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-linear-cross-entropy --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// The loss takes the head's operands, its own attributes, and what the head is bound to.
// CHECK-LABEL: func.func private @fused
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32>, %[[Y:.*]]: tensor<?x?xi64>
// CHECK-DAG: %[[W:.*]] = veomni.param "lm_head.weight"
// CHECK-DAG: %[[B:.*]] = veomni.param "lm_head.bias"
// CHECK-NOT: veomni.linear %
// CHECK: %[[L:.*]], %[[C:.*]] = veomni.linear_cross_entropy %[[X]], %[[W]], %[[Y]] bias %[[B]] {ignore_index = -100 : i64, veomni.kernel = "bf16_dot"}
// CHECK-NOT: veomni.cross_entropy
// CHECK: return %[[L]], %[[C]]
// REMARK-DAG: [Passed] FuseLinearCrossEntropy | Category:fuse | Function=fused | Remark="the loss took over its head, whose logits are no more"
func.func private @fused(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %w = veomni.param "lm_head.weight" : tensor<16x8xbf16>
  %b = veomni.param "lm_head.bias" : tensor<16xbf16>
  %logits = veomni.linear %x, %w bias %b {veomni.kernel = "bf16_dot"} : (tensor<?x?x8xf32>, tensor<16x8xbf16>, tensor<16xbf16>) -> tensor<?x?x16xf32>
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses, %counts : tensor<?x?xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: func.func private @plain
// CHECK: veomni.linear_cross_entropy %{{.*}}, %{{.*}}, %{{.*}} {ignore_index = 3 : i64} :
func.func private @plain(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %w = veomni.param "lm_head.weight" : tensor<16x8xf32>
  %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = 3 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

// A loss that is bound otherwise, or not at all, stays.
// CHECK-LABEL: func.func private @kept
// CHECK: %[[LOGITS:.*]] = veomni.linear
// CHECK: veomni.cross_entropy %[[LOGITS]], {{.*}}veomni.kernel = "rows"
// CHECK: veomni.cross_entropy %[[LOGITS]], {{.*}} {ignore_index = -100 : i64} :
// REMARK-DAG: [Missed] FuseLinearCrossEntropy | Category:fuse | Function=kept | Remark="the loss keeps its logits: it is bound to 'rows'"
// REMARK-DAG: [Missed] FuseLinearCrossEntropy | Category:fuse | Function=kept | Remark="the loss keeps its logits: it is not bound"
func.func private @kept(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %w = veomni.param "lm_head.weight" : tensor<16x8xf32>
  %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  %a, %a_counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "rows"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %b, %b_counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %a, %b : tensor<?x?xf32>, tensor<?x?xf32>
}
