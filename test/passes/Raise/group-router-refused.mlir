// Nearly a group router, but not one: the IR stays, and a remark says why.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-raise --remarks-filter-missed=raise --remark-format=emitRemark 2>&1 | FileCheck %s

// CHECK-DAG: [Missed] group_router | Category:raise | Function=biased_weights | Reason="the weights are not the scores without the bias"
func.func private @biased_weights(%r: tensor<?x8xf32>, %bias: tensor<8xf32>) -> (tensor<?x3xi32>, tensor<?x3xf32>) {
  %0 = veomni.unary sigmoid %r : tensor<?x8xf32>
  %1 = veomni.binary add %0, %bias : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %v, %i = veomni.top_k %1 : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  %w = veomni.binary_scalar mul %v, 2.5 : tensor<?x3xf32>
  return %i, %w : tensor<?x3xi32>, tensor<?x3xf32>
}

// CHECK-DAG: [Missed] group_router | Category:raise | Function=bias_per_token | Reason="the bias is not one f32 number per expert"
func.func private @bias_per_token(%r: tensor<?x8xf32>, %bias: tensor<?x8xf32>) -> tensor<?x3xi32> {
  %0 = veomni.unary sigmoid %r : tensor<?x8xf32>
  %1 = veomni.binary add %0, %bias : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %v, %i = veomni.top_k %1 : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %i : tensor<?x3xi32>
}

// CHECK-DAG: [Missed] group_router | Category:raise | Function=other_scores | Reason="the weights are not the scores of the chosen experts"
func.func private @other_scores(%r: tensor<?x8xf32>, %s: tensor<?x8xf32>, %bias: tensor<8xf32>) -> (tensor<?x3xi32>, tensor<?x3xf32>) {
  %0 = veomni.unary sigmoid %r : tensor<?x8xf32>
  %1 = veomni.binary add %0, %bias : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %v, %i = veomni.top_k %1 : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  %h = veomni.one_hot %i : tensor<?x3xi32> -> tensor<?x3x8xf32>
  %u = veomni.unflatten %s : tensor<?x8xf32> -> tensor<?x1x8xf32>
  %p = veomni.binary mul %h, %u : tensor<?x3x8xf32>, tensor<?x1x8xf32> -> tensor<?x3x8xf32>
  %t = veomni.reduce sum %p : tensor<?x3x8xf32> -> tensor<?x3x1xf32>
  %f = veomni.flatten %t : tensor<?x3x1xf32> -> tensor<?x3xf32>
  %w = veomni.binary_scalar mul %f, 2.5 : tensor<?x3xf32>
  return %i, %w : tensor<?x3xi32>, tensor<?x3xf32>
}
