// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// A norm without a weight has one operand less, alone or with the sum that it reads.
// CHECK-DAG: veomni_rt.kernel @rms_norm_0 = "rms_norm" {eps = 1.000000e-03 : f32, variant = "unweighted"} (read !veomni_rt.buffer<[batch, seq, 2, 4] x f32, row_rank = 2>, write
// CHECK-DAG: veomni_rt.kernel @add_rms_norm_0 = "add_rms_norm" {eps = 1.000000e-03 : f32, variant = "standard"} ({{.*}}, {{.*}}, read !veomni_rt.buffer<[4] x bf16>,
// CHECK-DAG: veomni_rt.kernel @add_rms_norm_1 = "add_rms_norm" {eps = 1.000000e-03 : f32, variant = "unweighted"} (read {{.*}}, read {{.*}}, write {{.*}}, write
// CHECK: dispatch @rms_norm_0 workgroups(ceildiv(batch * seq, 16)) (%x, %slot0 :
// CHECK: dispatch @add_rms_norm_0
// CHECK: dispatch @add_rms_norm_1
veomni.weight "w" : tensor<4xbf16> = [load("w", [4], bf16)]
func.func @forward(%x: tensor<?x?x2x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x2x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4xbf16>
  %a = veomni.rms_norm %x {eps = 1.0e-03 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x2x4xf32>
  %s, %b = veomni.add_rms_norm %x, %a, %w {eps = 1.0e-03 : f32, variant = #veomni.norm<standard>} : tensor<?x?x2x4xf32>, tensor<4xbf16>
  %t, %c = veomni.add_rms_norm %s, %b {eps = 1.0e-03 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x2x4xf32>
  %y = veomni.binary add %t, %c : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}
