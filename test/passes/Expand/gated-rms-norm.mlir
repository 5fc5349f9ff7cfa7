// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-expand=all | FileCheck %s

// The norm is rounded before the weight and the gate, and the whole in the end.
// CHECK-LABEL: func.func private @gated_rms_norm
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xbf16>, %[[G:.*]]: tensor<?x8xbf16>, %[[W:.*]]: tensor<8xbf16>)
// CHECK: veomni.unary rsqrt
// CHECK-NEXT: %[[NORMAL:.*]] = veomni.binary mul
// CHECK-NEXT: %[[ROUNDED:.*]] = veomni.cast %[[NORMAL]] : tensor<?x8xf32> -> tensor<?x8xbf16>
// CHECK-NEXT: %[[SCALED:.*]] = veomni.binary mul %[[W]], %[[ROUNDED]] : {{.*}} -> tensor<?x8xbf16>
// CHECK-NEXT: %[[GATE:.*]] = veomni.cast %[[G]]
// CHECK-NEXT: %[[SIGMOID:.*]] = veomni.unary sigmoid %[[GATE]]
// CHECK-NEXT: %[[SILU:.*]] = veomni.binary mul %[[GATE]], %[[SIGMOID]]
// CHECK-NEXT: %[[Y:.*]] = veomni.binary mul %[[SCALED]], %[[SILU]] : tensor<?x8xbf16>, tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK-NEXT: veomni.cast %[[Y]] : tensor<?x8xf32> -> tensor<?x8xbf16>
func.func private @gated_rms_norm(%x: tensor<?x8xbf16>, %g: tensor<?x8xbf16>, %w: tensor<8xbf16>) -> tensor<?x8xbf16> {
  %y = veomni.gated_rms_norm %x, %g, %w {eps = 1.0e-06 : f32} : tensor<?x8xbf16>, tensor<8xbf16>
  return %y : tensor<?x8xbf16>
}
