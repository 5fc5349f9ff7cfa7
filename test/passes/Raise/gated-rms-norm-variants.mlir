// RUN: veomni-opt %s --veomni-raise | FileCheck %s
// RUN: veomni-opt %s --veomni-raise --veomni-raise | FileCheck %s

// The gate first; a norm that is not standard has no gated form, but is gated all the same.
// CHECK-LABEL: func.func private @gated_norms
// CHECK-NEXT: %[[A:.*]] = veomni.gated_rms_norm %arg0, %arg1, %arg2 {eps = 9.99999997E-7 : f32}
// CHECK-NEXT: %[[N:.*]] = veomni.rms_norm %[[A]], %arg2 {{.*}}one_plus
// CHECK-NEXT: veomni.glu %arg0, %[[N]] {act = #veomni.activation<silu>}
func.func private @gated_norms(%x: tensor<?x8xf32>, %g: tensor<?x8xf32>, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %0, %g : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %n : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %m = veomni.rms_norm %2, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>} : tensor<?x8xf32>, tensor<8xf32>
  %3 = veomni.unary sigmoid %x : tensor<?x8xf32>
  %4 = veomni.binary mul %3, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %m, %4 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}
