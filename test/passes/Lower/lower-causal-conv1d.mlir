// RUN: veomni-opt %s -veomni-lower | FileCheck %s

// A column of a convolution's weight is copied out of the parameter once; the tokens before are those of the same batch
// row.
// CHECK-DAG: veomni_rt.kernel @shift_tokens_0 = "shift_tokens" {by = 1 : i64} (read {{.*}}, read !veomni_rt.buffer<[batch, seq] x i32>, write {{.*}}) scalars(2)
// CHECK-DAG: "convert" {x_at = 0 : i64, x_cols = 1 : i64, x_run = 2 : i64}
// CHECK: veomni_rt.func @f
// CHECK: dispatch @shift_tokens_0 workgroups(ceildiv(batch * seq, 16)) {{.*}} scalars(batch * seq, seq)
// CHECK: dispatch @convert_0 workgroups(1) {{.*}} scalars(6)
veomni.weight "w" : tensor<6x1x2xf32> = [load("w", [6, 1, 2], f32)]
func.func @f(%x: tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<seq>})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<6x1x2xf32>
  %taps = veomni.flatten %w : tensor<6x1x2xf32> -> tensor<6x2xf32>
  %before = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x6xf32>, tensor<?x?xi32>
  %column = veomni.slice %taps {offset = 0 : i64} : tensor<6x2xf32> -> tensor<6x1xf32>
  %flat = veomni.flatten %column : tensor<6x1xf32> -> tensor<6xf32>
  %y = veomni.binary mul %before, %flat : tensor<?x?x6xf32>, tensor<6xf32> -> tensor<?x?x6xf32>
  return %y : tensor<?x?x6xf32>
}
