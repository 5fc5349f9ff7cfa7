// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func @forward
// CHECK-SAME: %{{.*}}: tensor<3x?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "position_ids"}
// CHECK-SAME: veomni.rows_of = {input = "input_ids", value = 7 : i64}
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "input_ids"},
                   %p: tensor<3x?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "position_ids"},
                   %rows: tensor<?x8xf32> {veomni.axes = ["rows"], veomni.name = "image_embeds", veomni.rows_of = {input = "input_ids", value = 7 : i64}},
                   %h: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "h"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  // CHECK: veomni.mrope_table %{{.*}} {axes = array<i64: 0, 2>, inv_freq = array<f32: 1.000000e+00, 5.000000e-01>, scale = 1.000000e+00 : f32} : tensor<3x?x?xi64> -> tensor<?x?x2xf32>
  %cos, %sin = veomni.mrope_table %p {axes = array<i64: 0, 2>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<3x?x?xi64> -> tensor<?x?x2xf32>
  // CHECK: veomni.token_index %{{.*}} {token = 7 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>
  %i = veomni.token_index %ids {token = 7 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>
  // CHECK: veomni.take_rows %{{.*}} at %{{.*}} else %{{.*}} : tensor<?x8xf32>, tensor<?x?xi32> else tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %x = veomni.take_rows %rows at %i else %h : tensor<?x8xf32>, tensor<?x?xi32> else tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  // CHECK: veomni.take_rows %{{.*}} at %{{.*}} : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x?x8xf32>
  %d = veomni.take_rows %rows at %i : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x?x8xf32>
  %y = veomni.binary add %x, %d : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}
