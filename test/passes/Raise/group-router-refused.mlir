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

// One run of the one-hot rows is there twice, the other one not at all: some groups are left out.
func.func private @one_run_twice(%r: tensor<?x8xf32>, %bias: tensor<8xf32>) -> tensor<?x2xi32> {
  %0 = veomni.unary sigmoid %r : tensor<?x8xf32>
  %1 = veomni.binary add %0, %bias : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %2 = veomni.unflatten %1 : tensor<?x8xf32> -> tensor<?x4x2xf32>
  %v, %i = veomni.top_k %2 : tensor<?x4x2xf32> -> tensor<?x4x2xf32>, tensor<?x4x2xi32>
  %3 = veomni.reduce sum %v : tensor<?x4x2xf32> -> tensor<?x4x1xf32>
  %4 = veomni.flatten %3 : tensor<?x4x1xf32> -> tensor<?x4xf32>
  %v1, %i1 = veomni.top_k %4 : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %5 = veomni.one_hot %i1 : tensor<?x2xi32> -> tensor<?x2x4xf32>
  %6 = veomni.flatten %5 : tensor<?x2x4xf32> -> tensor<?x8xf32>
  %7 = veomni.slice %6 {offset = 4 : i64} : tensor<?x8xf32> -> tensor<?x4xf32>
  %8 = veomni.slice %6 {offset = 4 : i64} : tensor<?x8xf32> -> tensor<?x4xf32>
  %9 = veomni.binary add %7, %8 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %10 = veomni.binary_scalar add %9, -5.0e-01 : tensor<?x4xf32>
  %11 = veomni.binary_scalar mul %10, 3.40282347E+38 : tensor<?x4xf32>
  %12 = veomni.unflatten %11 : tensor<?x4xf32> -> tensor<?x4x1xf32>
  %13 = veomni.binary min %2, %12 : tensor<?x4x2xf32>, tensor<?x4x1xf32> -> tensor<?x4x2xf32>
  %14 = veomni.flatten %13 : tensor<?x4x2xf32> -> tensor<?x8xf32>
  %v2, %i2 = veomni.top_k %14 : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %i2 : tensor<?x2xi32>
}
