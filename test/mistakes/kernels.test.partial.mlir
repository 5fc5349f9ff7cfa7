// RUN: veomni-opt %s --veomni-bind=level=x86-64-v3 | FileCheck %s
// A rope that turns 4 of 8 elements, and a norm of the 1 + w kind.
// CHECK: veomni.rms_norm {{.*}}veomni.kernel = "fused"
// CHECK: veomni.rope {{.*}}veomni.kernel = "fused"
func.func @forward(%x: tensor<?x?x2x8xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> tensor<?x?x2x8xf32> {
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>} : tensor<?x?x2x8xf32>, tensor<8xf32>
  %r = veomni.rope %n, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xf32>, tensor<?x?x2xf32>
  return %r : tensor<?x?x2x8xf32>
}
