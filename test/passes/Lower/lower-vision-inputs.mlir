// RUN: veomni-opt %s --veomni-lower | FileCheck %s

// CHECK: veomni_rt.symbol @rows = axis{{$}}
// CHECK: veomni_rt.input "image_embeds" : !veomni_rt.buffer<[rows, 8] x f32> rows_of("input_ids", 7)
// Each frequency stands in the table of its axis.
// CHECK-DAG: veomni_rt.kernel @mrope_table_0 = "mrope_table" {inv_freq = array<f32: 1.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 5.000000e-01>, scale = 1.000000e+00 : f32} (read !veomni_rt.buffer<[3, batch, seq] x i64>
// CHECK-DAG: veomni_rt.kernel @token_index_0 = "token_index" {token = 7 : i64}
// CHECK-DAG: veomni_rt.kernel @take_rows_or_0 = "take_rows_or"
// CHECK-DAG: veomni_rt.kernel @take_rows_0 = "take_rows"
// CHECK: veomni_rt.dispatch @mrope_table_0 {{.*}} scalars(batch * seq)
// CHECK: veomni_rt.dispatch @token_index_0 workgroups(1) {{.*}} scalars(batch * seq)
// CHECK: veomni_rt.dispatch @take_rows_or_0 {{.*}} scalars(batch * seq, rows)
// CHECK: veomni_rt.dispatch @take_rows_0 {{.*}} scalars(batch * seq, rows)
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "input_ids"},
                   %p: tensor<3x?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "position_ids"},
                   %rows: tensor<?x8xf32> {veomni.axes = ["rows"], veomni.name = "image_embeds", veomni.rows_of = {input = "input_ids", value = 7 : i64}},
                   %h: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "h"})
    -> (tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "cos"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "sin"},
        tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "d"}) {
  %cos, %sin = veomni.mrope_table %p {axes = array<i64: 0, 2>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<3x?x?xi64> -> tensor<?x?x2xf32>
  %i = veomni.token_index %ids {token = 7 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>
  %x = veomni.take_rows %rows at %i else %h : tensor<?x8xf32>, tensor<?x?xi32> else tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %d = veomni.take_rows %rows at %i : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x?x8xf32>
  return %cos, %sin, %x, %d : tensor<?x?x2xf32>, tensor<?x?x2xf32>, tensor<?x?x8xf32>, tensor<?x?x8xf32>
}
