// RUN: veomni-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @unflatten_of_flatten
// CHECK-NEXT: return %arg0
func.func private @unflatten_of_flatten(%x: tensor<?x2x4xf32>) -> tensor<?x2x4xf32> {
  %f = veomni.flatten %x : tensor<?x2x4xf32> -> tensor<?x8xf32>
  %u = veomni.unflatten %f : tensor<?x8xf32> -> tensor<?x2x4xf32>
  return %u : tensor<?x2x4xf32>
}

// CHECK-LABEL: @flatten_of_unflatten
// CHECK-NEXT: return %arg0
func.func private @flatten_of_unflatten(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %u = veomni.unflatten %x : tensor<?x8xf32> -> tensor<?x2x4xf32>
  %f = veomni.flatten %u : tensor<?x2x4xf32> -> tensor<?x8xf32>
  return %f : tensor<?x8xf32>
}

// Another split is not the identity.
// CHECK-LABEL: @other_split
// CHECK: veomni.flatten
// CHECK: veomni.unflatten
func.func private @other_split(%x: tensor<?x2x4xf32>) -> tensor<?x4x2xf32> {
  %f = veomni.flatten %x : tensor<?x2x4xf32> -> tensor<?x8xf32>
  %u = veomni.unflatten %f : tensor<?x8xf32> -> tensor<?x4x2xf32>
  return %u : tensor<?x4x2xf32>
}
