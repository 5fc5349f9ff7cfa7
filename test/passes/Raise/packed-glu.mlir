// Gate and up of one tensor: what is a packed unit, and what is only a unit of two tensors, or none.
// RUN: veomni-opt %s --veomni-raise | FileCheck %s
// RUN: veomni-opt %s --veomni-raise --veomni-raise | FileCheck %s
// RUN: veomni-opt %s --veomni-raise --remarks-filter-missed=raise --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=MISSED

// Clamped the other way round, factors swapped.
// CHECK-LABEL: func.func private @other_order
// CHECK-NEXT: veomni.packed_glu %{{.*}} {act = #veomni.activation<silu>, alpha = 1.702000e+00 : f32, limit = 7.000000e+00 : f32, up_shift = 1.000000e+00 : f32}
// CHECK-NEXT: return
func.func private @other_order(%p: tensor<?x16xf32>) -> (tensor<?x8xf32>) {
  %g = veomni.slice %p {offset = 0 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %u = veomni.slice %p {offset = 8 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %0 = veomni.binary_scalar min %g, 7.0 : tensor<?x8xf32>
  %1 = veomni.binary_scalar min %u, 7.0 : tensor<?x8xf32>
  %2 = veomni.binary_scalar max %1, -7.0 : tensor<?x8xf32>
  %3 = veomni.binary_scalar add %2, 1.0 : tensor<?x8xf32>
  %4 = veomni.binary_scalar mul %0, 1.702 : tensor<?x8xf32>
  %5 = veomni.unary sigmoid %4 : tensor<?x8xf32>
  %6 = veomni.binary mul %5, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %7 = veomni.binary mul %3, %6 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %7 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @up_first
// CHECK: veomni.glu
// MISSED-DAG: [Missed] packed_glu | Category:raise | Function=up_first | Reason="the gate comes behind up"
func.func private @up_first(%p: tensor<?x16xf32>) -> (tensor<?x8xf32>) {
  %g = veomni.slice %p {offset = 8 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %u = veomni.slice %p {offset = 0 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @odd_gate
// CHECK: veomni.glu
// MISSED-DAG: [Missed] packed_glu | Category:raise | Function=odd_gate | Reason="the gate comes behind up"
func.func private @odd_gate(%p: tensor<?x16xf32>) -> (tensor<?x8xf32>) {
  %pairs = veomni.unflatten %p : tensor<?x16xf32> -> tensor<?x8x2xf32>
  %gs = veomni.slice %pairs {offset = 1 : i64} : tensor<?x8x2xf32> -> tensor<?x8x1xf32>
  %us = veomni.slice %pairs {offset = 0 : i64} : tensor<?x8x2xf32> -> tensor<?x8x1xf32>
  %g = veomni.flatten %gs : tensor<?x8x1xf32> -> tensor<?x8xf32>
  %u = veomni.flatten %us : tensor<?x8x1xf32> -> tensor<?x8xf32>
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @overlapping
// CHECK: veomni.glu
// MISSED-DAG: [Missed] packed_glu | Category:raise | Function=overlapping | Reason="gate and up are not the halves of what they are taken from"
func.func private @overlapping(%p: tensor<?x16xf32>) -> (tensor<?x8xf32>) {
  %g = veomni.slice %p {offset = 0 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %u = veomni.slice %p {offset = 4 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @gate_limit_alone
// CHECK: veomni.binary_scalar min
// CHECK: veomni.glu
// MISSED-DAG: [Missed] packed_glu | Category:raise | Function=gate_limit_alone | Reason="gate and up are not held within one limit"
func.func private @gate_limit_alone(%p: tensor<?x16xf32>) -> (tensor<?x8xf32>) {
  %g = veomni.slice %p {offset = 0 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %u = veomni.slice %p {offset = 8 : i64} : tensor<?x16xf32> -> tensor<?x8xf32>
  %l = veomni.binary_scalar min %g, 7.0 : tensor<?x8xf32>
  %0 = veomni.unary sigmoid %l : tensor<?x8xf32>
  %1 = veomni.binary mul %l, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// Rounded before the product, as torch does with tensors of bf16.
// CHECK-LABEL: func.func private @shifted_in_bf16
// CHECK: veomni.binary_scalar add %{{.*}} : tensor<?x8xbf16>
// MISSED-DAG: [Missed] packed_glu | Category:raise | Function=shifted_in_bf16 | Reason="up is not held or shifted in f32"
func.func private @shifted_in_bf16(%p: tensor<?x16xbf16>) -> (tensor<?x8xbf16>) {
  %g = veomni.slice %p {offset = 0 : i64} : tensor<?x16xbf16> -> tensor<?x8xbf16>
  %u = veomni.slice %p {offset = 8 : i64} : tensor<?x16xbf16> -> tensor<?x8xbf16>
  %s = veomni.binary_scalar add %u, 1.0 : tensor<?x8xbf16>
  %f = veomni.cast %g : tensor<?x8xbf16> -> tensor<?x8xf32>
  %0 = veomni.unary sigmoid %f : tensor<?x8xf32>
  %1 = veomni.binary mul %f, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.cast %1 : tensor<?x8xf32> -> tensor<?x8xbf16>
  %3 = veomni.binary mul %2, %s : tensor<?x8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %3 : tensor<?x8xbf16>
}

// CHECK-LABEL: func.func private @not_rounded
// CHECK-NOT: packed_glu
// MISSED-DAG: [Missed] packed_glu | Category:raise | Function=not_rounded | Reason="activation and result are not of the type of gate and up"
func.func private @not_rounded(%p: tensor<?x16xbf16>) -> (tensor<?x8xf32>) {
  %g = veomni.slice %p {offset = 0 : i64} : tensor<?x16xbf16> -> tensor<?x8xbf16>
  %u = veomni.slice %p {offset = 8 : i64} : tensor<?x16xbf16> -> tensor<?x8xbf16>
  %f = veomni.cast %g : tensor<?x8xbf16> -> tensor<?x8xf32>
  %h = veomni.cast %u : tensor<?x8xbf16> -> tensor<?x8xf32>
  %0 = veomni.unary sigmoid %f : tensor<?x8xf32>
  %1 = veomni.binary mul %f, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %h : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @alpha_of_two_tensors
// CHECK-NOT: veomni.glu
// MISSED-DAG: [Missed] glu | Category:raise | Function=alpha_of_two_tensors | Reason="the sigmoid is of the gate times a number, and gate and up are not of one tensor"
func.func private @alpha_of_two_tensors(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> (tensor<?x8xf32>) {
  %m = veomni.binary_scalar mul %g, 1.702 : tensor<?x8xf32>
  %0 = veomni.unary sigmoid %m : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
