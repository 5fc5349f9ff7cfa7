// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK: veomni.weight "norm.weight" : tensor<8xf32> = [load("norm.weight", [8], f32)]
veomni.weight "norm.weight" : tensor<8xf32> = [load("norm.weight", [8], f32)]
// CHECK: veomni.weight "transposed" : tensor<2x16x8xbf16> = [load("t", [2, 8, 16], f32), transpose, cast(bf16)]
veomni.weight "transposed" : tensor<2x16x8xbf16> = [load("t", [2, 8, 16], f32), transpose, cast(bf16)]
// CHECK: veomni.weight "quantised" : tensor<2x8x64xbf16> = [load("b0", [8, 2, 16], ui8), load("s0", [8, 2], ui8), dequant_mxfp4(bf16), load("b1", [8, 2, 16], ui8), load("s1", [8, 2], ui8), dequant_mxfp4(bf16), stack(2)]
veomni.weight "quantised" : tensor<2x8x64xbf16> = [load("b0", [8, 2, 16], ui8), load("s0", [8, 2], ui8), dequant_mxfp4(bf16), load("b1", [8, 2, 16], ui8), load("s1", [8, 2], ui8), dequant_mxfp4(bf16), stack(2)]
// CHECK: veomni.weight "fp8" : tensor<2x20x9xbf16> = [load("a", [20, 9], f8E4M3FN), load("a_scale_inv", [2, 3], f32), dequant_fp8([16, 4]), load("b", [20, 9], f8E4M3FN), load("b_scale_inv", [2, 3], f32), dequant_fp8([16, 4]), stack(2), cast(bf16)]
veomni.weight "fp8" : tensor<2x20x9xbf16> = [load("a", [20, 9], f8E4M3FN), load("a_scale_inv", [2, 3], f32), dequant_fp8([16, 4]), load("b", [20, 9], f8E4M3FN), load("b_scale_inv", [2, 3], f32), dequant_fp8([16, 4]), stack(2), cast(bf16)]
// CHECK: veomni.weight "experts" : tensor<2x16x8xf32> = [load("g0", [8, 8], bf16), load("u0", [8, 8], bf16), concat(2, dim = 0), load("g1", [8, 8], bf16), load("u1", [8, 8], bf16), concat(2, dim = 0), stack(2), cast(f32)]
veomni.weight "experts" : tensor<2x16x8xf32> = [load("g0", [8, 8], bf16), load("u0", [8, 8], bf16), concat(2, dim = 0), load("g1", [8, 8], bf16), load("u1", [8, 8], bf16), concat(2, dim = 0), stack(2), cast(f32)]

// CHECK-LABEL: func.func private @Layer.forward
// CHECK-SAME: veomni.axes = ["batch", "seq"]
func.func private @Layer.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]})
    attributes {veomni.class = "Layer", veomni.method = "forward"} {
  // CHECK: veomni.param "weight" : tensor<8xf32>
  %w = veomni.param "weight" : tensor<8xf32>
  // CHECK: veomni.rms_norm %{{.*}}, %{{.*}} {eps = {{.*}} : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  %b = veomni.param "bias" : tensor<8xf32>
  // CHECK: veomni.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {eps = {{.*}} : f32} : tensor<?x?x8xf32>, tensor<8xf32>
  %l = veomni.layer_norm %n, %w, %b {eps = 1.0e-06 : f32} : tensor<?x?x8xf32>, tensor<8xf32>
  // CHECK: veomni.rms_norm %{{.*}} {eps = {{.*}} : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x8xf32>{{$}}
  %u = veomni.rms_norm %l {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x8xf32>
  // CHECK: veomni.add_rms_norm %{{.*}}, %{{.*}}, %{{.*}} {eps = {{.*}} : f32, variant = #veomni.norm<one_plus>} : tensor<?x?x8xf32>, tensor<8xf32>
  %s, %m = veomni.add_rms_norm %x, %u, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>} : tensor<?x?x8xf32>, tensor<8xf32>
  // CHECK: veomni.add_rms_norm %{{.*}}, %{{.*}} {eps = {{.*}} : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x8xf32>{{$}}
  %t, %o = veomni.add_rms_norm %s, %m {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x8xf32>
  // CHECK: veomni.glu %{{.*}}, %{{.*}} {act = #veomni.activation<silu>} : tensor<?x?x8xf32>
  %g = veomni.glu %o, %t {act = #veomni.activation<silu>} : tensor<?x?x8xf32>
  return %g : tensor<?x?x8xf32>
}

// CHECK-LABEL: func.func @forward
// CHECK-SAME: veomni.accepts_cu_seqlens
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "input_ids", veomni.range = array<i64: 0, 15>},
                   %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "attention_mask", veomni.default = "ones"},
                   %positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "position_ids", veomni.default = "iota", veomni.accepts_cu_seqlens},
                   %labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels"}) -> (tensor<f32> {veomni.name = "loss"}) {
  // CHECK: veomni.input_given %{{.*}} : tensor<?x?xi64>
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %table = veomni.param "embed.weight" : tensor<16x8xf32>
  // CHECK: veomni.embedding %{{.*}}, %{{.*}} : (tensor<?x?xi64>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  %h = veomni.embedding %ids, %table : (tensor<?x?xi64>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  // CHECK: veomni.rope_table %{{.*}} {inv_freq = array<f32: 1.000000e+00, 1.000000e-01>, scale = 1.000000e+00 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  %cos, %sin = veomni.rope_table %positions {inv_freq = array<f32: 1.0, 0.1>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  // CHECK: veomni.rope_table_of_run %{{.*}} {factor = 2.000000e+00 : f32, inv_freq = array<f32: 1.000000e+00, 1.000000e-01>, length = 64 : i64, scale = 1.000000e+00 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  %cos_of_run, %sin_of_run = veomni.rope_table_of_run %positions {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.1>, length = 64 : i64, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  // CHECK: veomni.last_token %{{.*}}, %{{.*}} {padding = 0 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x8xf32>
  %last = veomni.last_token %h, %ids {padding = 0 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x8xf32>
  // CHECK: veomni.document_starts %{{.*}} whole_if %{{.*}} : tensor<?x?xi64> -> tensor<?x?xi32>
  %starts = veomni.document_starts %positions whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  // CHECK: veomni.call @Layer.forward at "layers.0" (%{{.*}}) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %l = veomni.call @Layer.forward at "layers.0" (%h) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  // CHECK: veomni.unflatten %{{.*}} : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %q = veomni.unflatten %l : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  // CHECK: veomni.rope %{{.*}} {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  %r = veomni.rope %q, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  // CHECK: veomni.attention %{{.*}}, %{{.*}}, %{{.*}} starts %{{.*}} key_mask %{{.*}} if %{{.*}} {scale = 5.000000e-01 : f32, window = 0 : i64}
  %a = veomni.attention %r, %r, %q starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %sinks = veomni.param "sinks" : tensor<2xbf16>
  // CHECK: veomni.attention %{{.*}} if %{{.*}} sinks %{{.*}} {scale = 5.000000e-01 : f32, window = 3 : i64} : {{.*}}, tensor<?x?xi64> sinks tensor<2xbf16>
  %with_sinks = veomni.attention %r, %r, %q starts %starts key_mask %mask if %given sinks %sinks {scale = 0.5 : f32, window = 3 : i64}
      : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<2xbf16>
  // CHECK: veomni.attention %{{.*}} starts %{{.*}} key_mask %{{.*}} if %{{.*}} {scale = 5.000000e-01 : f32, visibility = #veomni.visibility<full>, window = 3 : i64} : tensor<?x?x2x4xf32>
  %all = veomni.attention %r, %r, %q starts %starts key_mask %mask if %given {scale = 0.5 : f32, visibility = #veomni.visibility<full>, window = 3 : i64}
      : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  // CHECK: veomni.attention %{{.*}} starts %{{.*}} ends %{{.*}} key_mask %{{.*}} if %{{.*}} sinks %{{.*}} : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<2xbf16>
  %document = veomni.attention %r, %r, %q starts %starts ends %starts key_mask %mask if %given sinks %sinks {scale = 0.5 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
      : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<2xbf16>
  // CHECK: veomni.flatten %{{.*}} : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
  %f = veomni.flatten %a : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
  %bias = veomni.param "head.bias" : tensor<16xf32>
  // CHECK: veomni.linear %{{.*}}, %{{.*}} bias %{{.*}} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x?x16xf32>
  %logits = veomni.linear %f, %table bias %bias : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x?x16xf32>
  // CHECK: %[[LOSSES:.*]], %[[COUNTS:.*]] = veomni.cross_entropy %{{.*}}, %{{.*}} {ignore_index = -100 : i64} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %losses, %counts = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  // CHECK: veomni.mean_loss %[[LOSSES]], %[[COUNTS]] : tensor<?x?xf32> -> tensor<f32>
  %loss = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
  // CHECK: veomni.linear_cross_entropy %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>, tensor<16xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  %fused, %fused_counts = veomni.linear_cross_entropy %f, %table, %labels bias %bias {ignore_index = -100 : i64}
      : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>, tensor<16xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  // CHECK: veomni.linear_cross_entropy %{{.*}}, %{{.*}}, %{{.*}} {ignore_index = 0 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  %plain, %plain_counts = veomni.linear_cross_entropy %f, %table, %labels {ignore_index = 0 : i64}
      : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return %loss : tensor<f32>
}
