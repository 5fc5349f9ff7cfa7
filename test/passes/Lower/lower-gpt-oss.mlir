// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// What gpt_oss adds: experts with biases, which lie behind one another like their matrices; gate and up interleaved and
// clamped; a router that chooses first; sinks; weights that are stored transposed or as MXFP4 blocks, which no cast
// follows.

// CHECK-DAG: veomni_rt.weight "up" : !veomni_rt.buffer<[2, 64, 32] x bf16, tiles = [32, 2]> = [load("u", [2, 32, 64], f32), transpose, cast(bf16), pack([32, 2])]
// CHECK-DAG: veomni_rt.weight "up_bias" : !veomni_rt.buffer<[2, 64] x bf16> = [load("ub", [2, 64], f32), cast(bf16)]
// CHECK-DAG: veomni_rt.weight "down" : !veomni_rt.buffer<[2, 32, 32] x bf16, tiles = [32, 2]> = [load("d_blocks", [2, 32, 1, 16], ui8), load("d_scales", [2, 32, 1], ui8), dequant_mxfp4(bf16), pack([32, 2])]
// CHECK-DAG: veomni_rt.weight "sinks" : !veomni_rt.buffer<[2] x bf16> = [load("sinks", [2], bf16)]
veomni.weight "up" : tensor<2x64x32xbf16> = [load("u", [2, 32, 64], f32), transpose, cast(bf16)]
veomni.weight "up_bias" : tensor<2x64xbf16> = [load("ub", [2, 64], f32), cast(bf16)]
veomni.weight "down" : tensor<2x32x32xbf16> = [load("d_blocks", [2, 32, 1, 16], ui8), load("d_scales", [2, 32, 1], ui8), dequant_mxfp4(bf16)]
veomni.weight "sinks" : tensor<2xbf16> = [load("sinks", [2], bf16)]

// CHECK: veomni_rt.kernel @expert_gemm_0 = "expert_gemm" ({{.*}}, read !veomni_rt.buffer<[2, 64] x bf16>, read !veomni_rt.buffer<[1] x i32>,
// CHECK: veomni_rt.kernel @packed_glu_0 = "packed_glu" {act = "silu", alpha = 1.702000e+00 : f32, layout = "interleaved", limit = 7.000000e+00 : f32, up_shift = 1.000000e+00 : f32}
// CHECK: veomni_rt.kernel @expert_gemm_1 = "expert_gemm" ({{.*}}tiles = [32, 2]>, read !veomni_rt.buffer<[1] x i32>,
// CHECK: veomni_rt.kernel @router_0 = "router" {{{.*}}score = "softmax_top_k"
// CHECK: veomni_rt.kernel @attention_0 = "attention" {{{.*}}window = 3 : i64} ({{.*}}, read !veomni_rt.buffer<[2] x bf16>, write
// CHECK: veomni_rt.func @Experts.expert(
// CHECK: %[[UP:.*]] = veomni_rt.param 0 : !veomni_rt.buffer<[2, 64, 32] x bf16, tiles = [32, 2]>
// CHECK: %[[BIAS:.*]] = veomni_rt.param 1 : !veomni_rt.buffer<[2, 64] x bf16>
// CHECK: veomni_rt.dispatch @expert_gemm_0 {{.*}}(%{{.*}}, %[[UP]], %[[BIAS]], %count, %{{.*}} scalars(expert_tokens, expert)
func.func private @Experts.expert(%rows: tensor<?x32xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x32xf32> {veomni.axes = ["expert_tokens"]}) {
  %ups = veomni.param "up" : tensor<2x64x32xbf16>
  %biases = veomni.param "up_bias" : tensor<2x64xbf16>
  %downs = veomni.param "down" : tensor<2x32x32xbf16>
  %up = veomni.select_expert %ups, %e : tensor<2x64x32xbf16> -> tensor<64x32xbf16>
  %bias = veomni.select_expert %biases, %e : tensor<2x64xbf16> -> tensor<64xbf16>
  %down = veomni.select_expert %downs, %e : tensor<2x32x32xbf16> -> tensor<32x32xbf16>
  %x = veomni.linear %rows, %up bias %bias : (tensor<?x32xf32>, tensor<64x32xbf16>, tensor<64xbf16>) -> tensor<?x64xf32>
  %g = veomni.packed_glu %x {act = #veomni.activation<silu>, alpha = 1.702 : f32, layout = #veomni.glu_layout<interleaved>, limit = 7.0 : f32, up_shift = 1.0 : f32}
      : tensor<?x64xf32> -> tensor<?x32xf32>
  %y = veomni.linear %g, %down : (tensor<?x32xf32>, tensor<32x32xbf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// CHECK: veomni_rt.func @forward
// CHECK: %[[SINKS:.*]] = veomni_rt.param {{.*}} : !veomni_rt.buffer<[2] x bf16>
// CHECK: veomni_rt.dispatch @attention_0 {{.*}}, %[[SINKS]], %
func.func @forward(%x: tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %l: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "l"},
                   %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones"})
    -> (tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %starts = veomni.document_starts %mask whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %e, %w = veomni.router %l {score = #veomni.router_score<softmax_top_k>, top_k = 1 : i64, weight_type = f32} : tensor<?x?x2xf32> -> tensor<?x?x1xi32>, tensor<?x?x1xf32>
  %y = veomni.experts_loop @Experts.expert (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x?x32xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x32xf32>
  %q = veomni.unflatten %y : tensor<?x?x32xf32> -> tensor<?x?x2x16xf32>
  %sinks = veomni.param "sinks" : tensor<2xbf16>
  %a = veomni.attention %q, %q, %q starts %starts key_mask %mask if %given sinks %sinks {scale = 0.25 : f32, window = 3 : i64}
      : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<2xbf16>
  %f = veomni.flatten %a : tensor<?x?x2x16xf32> -> tensor<?x?x32xf32>
  return %f : tensor<?x?x32xf32>
}
