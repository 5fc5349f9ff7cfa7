// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @gated_norm
func.func private @gated_norm(%x: tensor<?x?x4x20xbf16>, %y: tensor<?x8xf32>, %w: tensor<20xbf16>, %v: tensor<8xbf16>) {
  // CHECK: veomni.gated_rms_norm %{{.*}}, %{{.*}}, %{{.*}} {eps = 9.99999997E-7 : f32} : tensor<?x?x4x20xbf16>, tensor<20xbf16>
  %0 = veomni.gated_rms_norm %x, %x, %w {eps = 1.0e-06 : f32} : tensor<?x?x4x20xbf16>, tensor<20xbf16>
  // CHECK: veomni.gated_rms_norm %{{.*}}, %{{.*}}, %{{.*}} {eps = {{.*}}} : tensor<?x8xf32>, tensor<8xbf16>
  %1 = veomni.gated_rms_norm %y, %y, %v {eps = 1.0e-06 : f32} : tensor<?x8xf32>, tensor<8xbf16>
  return
}
