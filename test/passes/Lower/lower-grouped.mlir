// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// Fused experts: rows are sorted once, the first product reads them where they are, each product adds the biases of its
// row's expert, and the sum writes the tokens' rows.
veomni.weight "up" : tensor<2x12x8xbf16> = [load("up", [2, 12, 8], bf16)]
veomni.weight "up_bias" : tensor<2x12xbf16> = [load("up_bias", [2, 12], bf16)]
veomni.weight "down" : tensor<2x8x6xbf16> = [load("down", [2, 8, 6], bf16)]

// CHECK-DAG: veomni_rt.symbol @expert_routes_1 = derived(batch * seq)
// CHECK-DAG: veomni_rt.kernel @grouped_gemm_0 = "grouped_gemm" {top_k = 1 : i64} (read !veomni_rt.buffer<[batch, seq, 8] x f32{{.*}}>, read !veomni_rt.buffer<[2, 12, 8] x bf16, tiles = [32, 2]>, read !veomni_rt.buffer<[2, 12] x bf16>, read !veomni_rt.buffer<[3] x i32>, read !veomni_rt.buffer<[expert_routes_1] x i32>, write
// CHECK-DAG: veomni_rt.kernel @grouped_gemm_1 = "grouped_gemm" {bf16_dot = true} (
// CHECK: veomni_rt.func @forward
// CHECK-DAG: %[[UP:.*]] = veomni_rt.param 0 : !veomni_rt.buffer<[2, 12, 8] x bf16, tiles = [32, 2]>
// CHECK-DAG: %[[BIAS:.*]] = veomni_rt.param 1 : !veomni_rt.buffer<[2, 12] x bf16>
// CHECK: veomni_rt.dispatch @expert_sort_0 workgroups(1) (%e, %[[ROUTES:.*]], %[[PLACES:.*]], %[[OFFSETS:.*]] : {{.*}}scalars(batch * seq)
// CHECK: veomni_rt.dispatch @grouped_gemm_0 {{.*}}(%x, %[[UP]], %[[BIAS]], %[[OFFSETS]], %[[ROUTES]], %[[H:.*]] : {{.*}}scalars(batch * seq)
// CHECK: veomni_rt.dispatch @packed_glu_0 {{.*}}(%[[H]], %[[A:.*]] :
// CHECK: veomni_rt.dispatch @grouped_gemm_1 {{.*}}(%[[A]], %{{.*}}, %[[OFFSETS]], %[[O:.*]] : {{.*}}scalars(expert_routes_1)
// CHECK: veomni_rt.dispatch @expert_sum_0 {{.*}}(%[[O]], %[[ROUTES]], %[[PLACES]], %w, %
func.func @forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %e: tensor<?x?x1xi32> {veomni.axes = ["batch", "seq"], veomni.name = "e", veomni.range = array<i64: 0, 1>},
                   %w: tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "w"}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %up = veomni.param "up" : tensor<2x12x8xbf16>
  %bias = veomni.param "up_bias" : tensor<2x12xbf16>
  %down = veomni.param "down" : tensor<2x8x6xbf16>
  %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x?x1xi32> -> tensor<?xi32>, tensor<?x?x1xi32>, tensor<3xi32>
  %rows = veomni.permute %x by %routes {top_k = 1 : i64} : tensor<?x?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %h = veomni.grouped_gemm %rows, %up offsets %offsets bias %bias : (tensor<?x8xf32>, tensor<2x12x8xbf16>, tensor<3xi32>, tensor<2x12xbf16>) -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
  %o = veomni.grouped_gemm %a, %down offsets %offsets {veomni.kernel = "bf16_dot"} : (tensor<?x6xf32>, tensor<2x8x6xbf16>, tensor<3xi32>) -> tensor<?x8xf32>
  %y = veomni.expert_combine %o by %routes, %places weights %w : tensor<?x8xf32>, tensor<?xi32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}
