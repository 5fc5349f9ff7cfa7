// Fewer key/value heads than ranks: each is repeated for the ranks whose query heads read it.
// RUN: veomni-opt %s --veomni-shard=mesh=sp=4 | FileCheck %s

// CHECK-LABEL: func.func @forward(
// CHECK: %[[FLAT:.*]] = veomni.flatten %{{.*}} : tensor<?x?x2x8xf32> -> tensor<?x?x16xf32>
// CHECK: %[[A:.*]] = veomni.slice %[[FLAT]] {offset = 0 : i64}
// CHECK: veomni.broadcast_heads {{.*}} : tensor<?x?x1x8xf32> -> tensor<?x?x2x8xf32>
// CHECK: %[[B:.*]] = veomni.slice %[[FLAT]] {offset = 8 : i64}
// CHECK: veomni.broadcast_heads {{.*}} : tensor<?x?x1x8xf32> -> tensor<?x?x2x8xf32>
// CHECK: veomni.concat {{.*}} -> tensor<?x?x32xf32>
// CHECK: veomni.concat {{.*}} -> tensor<?x?x32xf32>
// CHECK: veomni.all_to_all {{.*}} gather 1 split 2 over "sp" : (tensor<?x?x8x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>) -> (tensor<?x?x2x8xf32>, tensor<?x?x1x8xf32>, tensor<?x?x1x8xf32>)
// CHECK: veomni.attention {{.*}} sinks %[[SINKS:.*]] {
// CHECK-SAME: sinks tensor<2xf32>
func.func @forward(%q: tensor<?x?x8x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %kv: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "kv"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts"}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.default = "ones", veomni.name = "mask"})
    -> (tensor<?x?x8x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "o"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %sinks = veomni.param "sinks" : tensor<8xf32>
  %o = veomni.attention %q, %kv, %kv starts %starts key_mask %mask if %given sinks %sinks {scale = 0.25 : f32, window = 0 : i64}
      : tensor<?x?x8x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<8xf32>
  return %o : tensor<?x?x8x8xf32>
}
