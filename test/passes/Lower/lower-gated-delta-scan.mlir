// RUN: veomni-opt %s -veomni-lower | FileCheck %s

// The state is a buffer of its own, by head and 32 columns of values, each of which is one workgroup.
// CHECK: veomni_rt.kernel @gated_delta_scan_0 = "gated_delta_scan" (read
// CHECK: veomni_rt.func @f
// CHECK: slot {{.*}} : !veomni_rt.buffer<[batch, 4, 2, 3, 32] x f32>
// CHECK: dispatch @gated_delta_scan_0 workgroups(batch * 4, 2) {{.*}} scalars(seq)
func.func @f(%x: tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %v: tensor<?x?x160xf32> {veomni.axes = ["batch", "seq"], veomni.name = "v"},
             %g: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "g"}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<seq>})
    -> (tensor<?x?x160xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %k = veomni.unary exp %x : tensor<?x?x6xf32>
  %q = veomni.unflatten %k : tensor<?x?x6xf32> -> tensor<?x?x2x3xf32>
  %values = veomni.unflatten %v : tensor<?x?x160xf32> -> tensor<?x?x4x40xf32>
  %beta = veomni.unary sigmoid %g : tensor<?x?x4xf32>
  %o = veomni.gated_delta_scan %q, %q, %values, %beta, %beta starts %starts : tensor<?x?x2x3xf32>, tensor<?x?x4x40xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  %y = veomni.flatten %o : tensor<?x?x4x40xf32> -> tensor<?x?x160xf32>
  return %y : tensor<?x?x160xf32>
}
