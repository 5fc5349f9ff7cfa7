// RUN: veomni-opt %s -split-input-file --veomni-set-target --veomni-lower-to-program -verify-diagnostics | FileCheck %s

// Columns are read where they lie.
// CHECK: veomni_rt.kernel @layer_norm_0 = "layer_norm" {eps = 9.99999997E-7 : f32, x_at = 2 : i64, x_run = 8 : i64} (read !veomni_rt.buffer<[batch, seq, 8] x f32>
// CHECK: veomni_rt.dispatch @layer_norm_0 workgroups(ceildiv(batch * seq, 16)) (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : {{.*}}) scalars(batch * seq)
veomni.weight "w" : tensor<4xbf16> = [load("w", [4], bf16)]
veomni.weight "b" : tensor<4xbf16> = [load("b", [4], bf16)]
func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4xbf16>
  %b = veomni.param "b" : tensor<4xbf16>
  %s = veomni.slice %x {offset = 2 : i64} : tensor<?x?x8xf32> -> tensor<?x?x4xf32>
  %n = veomni.layer_norm %s, %w, %b {eps = 1.0e-06 : f32} : tensor<?x?x4xf32>, tensor<4xbf16>
  %y = veomni.binary add %n, %n : tensor<?x?x4xf32>, tensor<?x?x4xf32> -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

veomni.weight "w" : tensor<4xf32> = [load("w", [4], f32)]
func.func @f(%x: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %v: tensor<4xf32> {veomni.name = "v"})
    -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4xf32>
  // expected-error @+1 {{weight must be a veomni.param}}
  %n = veomni.layer_norm %x, %v, %w {eps = 1.0e-06 : f32} : tensor<?x?x4xf32>, tensor<4xf32>
  // expected-error @+1 {{bias must be a veomni.param}}
  %y = veomni.layer_norm %n, %w, %v {eps = 1.0e-06 : f32} : tensor<?x?x4xf32>, tensor<4xf32>
  return %y : tensor<?x?x4xf32>
}
