// What veomni-expand writes is recognised, also after constants and common parts have been taken together; a second run
// changes nothing.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --canonicalize --cse --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise --veomni-raise | diff %t.mlir -

// CHECK-NOT: veomni.{{rms_norm|layer_norm|glu|packed_glu|rope|attention |dsa_indexer|dsa_attention|cross_entropy|mean_loss|router|group_router|load_balancing_loss}}
func.func private @norms(%x: tensor<?x?x8xf32>, %w: tensor<8xf32>, %w16: tensor<8xbf16>, %h: tensor<?x?x2x4xbf16>, %v: tensor<4xbf16>, %v32: tensor<4xf32>)
    -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x2x4xbf16>, tensor<?x?x2x4xbf16>, tensor<?x?x2x4xbf16>) {
  %a = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  %b = veomni.rms_norm %a, %w16 {eps = 1.0e-05 : f32, variant = #veomni.norm<one_plus>} : tensor<?x?x8xf32>, tensor<8xbf16>
  %c = veomni.rms_norm %h, %v {eps = 1.0e-05 : f32, variant = #veomni.norm<standard>} : tensor<?x?x2x4xbf16>, tensor<4xbf16>
  %d = veomni.rms_norm %c, %v {eps = 1.0e-05 : f32, variant = #veomni.norm<one_plus>} : tensor<?x?x2x4xbf16>, tensor<4xbf16>
  %e = veomni.rms_norm %d, %v32 {eps = 1.0e-05 : f32, variant = #veomni.norm<standard>} : tensor<?x?x2x4xbf16>, tensor<4xf32>
  return %a, %b, %c, %d, %e : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x2x4xbf16>, tensor<?x?x2x4xbf16>, tensor<?x?x2x4xbf16>
}

func.func private @unweighted_norms(%x: tensor<?x?x8xf32>, %h: tensor<?x?x2x4xbf16>, %w: tensor<4x8xf32>, %cos: tensor<?x?x2xf32>)
    -> (tensor<?x?x4xf32>, tensor<?x?x2x4xbf16>) {
  %a = veomni.rms_norm %x {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x8xf32>
  %b = veomni.linear %a, %w : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %c = veomni.rms_norm %h {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x2x4xbf16>
  %d = veomni.rope %c, %cos, %cos {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xbf16>, tensor<?x?x2xf32>
  return %b, %d : tensor<?x?x4xf32>, tensor<?x?x2x4xbf16>
}

func.func private @layer_norms(%x: tensor<?x?x8xf32>, %w: tensor<8xf32>, %w16: tensor<8xbf16>, %y: tensor<?x8xbf16>)
    -> (tensor<?x?x8xf32>, tensor<?x8xbf16>) {
  %a = veomni.layer_norm %x, %w, %w {eps = 1.0e-06 : f32} : tensor<?x?x8xf32>, tensor<8xf32>
  %b = veomni.layer_norm %a, %w16, %w16 {eps = 1.0e-05 : f32} : tensor<?x?x8xf32>, tensor<8xbf16>
  %c = veomni.layer_norm %y, %w16, %w16 {eps = 1.0e-05 : f32} : tensor<?x8xbf16>, tensor<8xbf16>
  %d = veomni.layer_norm %c, %w, %w {eps = 1.0e-05 : f32} : tensor<?x8xbf16>, tensor<8xf32>
  return %b, %d : tensor<?x?x8xf32>, tensor<?x8xbf16>
}

func.func private @glus(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>, %g16: tensor<?x8xbf16>) -> (tensor<?x4xf32>, tensor<?x4xbf16>) {
  %a = veomni.glu %g, %u {act = #veomni.activation<silu>} : tensor<?x8xf32>
  %b = veomni.glu %a, %u {act = #veomni.activation<gelu>} : tensor<?x8xf32>
  %c = veomni.glu %b, %u {act = #veomni.activation<gelu_tanh>} : tensor<?x8xf32>
  %d = veomni.packed_glu %c {act = #veomni.activation<silu>} : tensor<?x8xf32> -> tensor<?x4xf32>
  %e = veomni.glu %g16, %g16 {act = #veomni.activation<gelu>} : tensor<?x8xbf16>
  %f = veomni.packed_glu %e {act = #veomni.activation<gelu_tanh>} : tensor<?x8xbf16> -> tensor<?x4xbf16>
  return %d, %f : tensor<?x4xf32>, tensor<?x4xbf16>
}

func.func private @ropes(%x: tensor<?x?x2x8xf32>, %y: tensor<?x?x3x4xf32>, %z: tensor<?x?x2x8xbf16>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>,
                         %cos16: tensor<?x?x2xbf16>, %sin16: tensor<?x?x2xbf16>)
    -> (tensor<?x?x2x8xf32>, tensor<?x?x3x4xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xbf16>, tensor<?x?x2x8xbf16>) {
  %a = veomni.rope %x, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xf32>, tensor<?x?x2xf32>
  %b = veomni.rope %y, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x3x4xf32>, tensor<?x?x2xf32>
  %c = veomni.rope %b, %cos, %sin {layout = #veomni.rope_layout<interleaved>} : tensor<?x?x3x4xf32>, tensor<?x?x2xf32>
  %d = veomni.rope %x, %cos, %sin {layout = #veomni.rope_layout<interleaved>} : tensor<?x?x2x8xf32>, tensor<?x?x2xf32>
  %e = veomni.rope %z, %cos16, %sin16 {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xbf16>, tensor<?x?x2xbf16>
  %f = veomni.rope %z, %cos, %sin {layout = #veomni.rope_layout<interleaved>} : tensor<?x?x2x8xbf16>, tensor<?x?x2xf32>
  return %a, %c, %d, %e, %f : tensor<?x?x2x8xf32>, tensor<?x?x3x4xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xbf16>, tensor<?x?x2x8xbf16>
}

// Every other column, a limit, an alpha and a shift, alone and together.
func.func private @packed_glus(%x: tensor<?x16xf32>, %y: tensor<?x16xbf16>) -> (tensor<?x1xf32>, tensor<?x4xbf16>) {
  %a = veomni.packed_glu %x {act = #veomni.activation<gelu>, layout = #veomni.glu_layout<interleaved>} : tensor<?x16xf32> -> tensor<?x8xf32>
  %b = veomni.packed_glu %a {act = #veomni.activation<silu>, limit = 7.0 : f32} : tensor<?x8xf32> -> tensor<?x4xf32>
  %c = veomni.packed_glu %b {act = #veomni.activation<silu>, alpha = 1.702 : f32} : tensor<?x4xf32> -> tensor<?x2xf32>
  %d = veomni.packed_glu %c {act = #veomni.activation<gelu_tanh>, up_shift = 1.0 : f32} : tensor<?x2xf32> -> tensor<?x1xf32>
  %e = veomni.packed_glu %y {act = #veomni.activation<silu>, alpha = 1.702 : f32, layout = #veomni.glu_layout<interleaved>, limit = 7.0 : f32, up_shift = 1.0 : f32}
      : tensor<?x16xbf16> -> tensor<?x8xbf16>
  %f = veomni.packed_glu %e {act = #veomni.activation<silu>, layout = #veomni.glu_layout<interleaved>} : tensor<?x8xbf16> -> tensor<?x4xbf16>
  return %d, %f : tensor<?x1xf32>, tensor<?x4xbf16>
}

// One mask serves two layers.
func.func private @attentions(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %v: tensor<?x?x2x12xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1,
                              %sinks: tensor<4xf32>, %q16: tensor<?x?x4x20xbf16>, %sinks16: tensor<4xbf16>)
    -> (tensor<?x?x4x20xf32>, tensor<?x?x4x12xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4x20xbf16>) {
  %a = veomni.attention %q, %k, %k starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 3 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %b = veomni.attention %a, %k, %v starts %starts key_mask %mask if %given {scale = 1.0 : f32, window = 3 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> values tensor<?x?x2x12xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %c = veomni.attention %a, %a, %a starts %starts key_mask %mask if %given sinks %sinks {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<4xf32>
  %d = veomni.attention %q16, %q16, %q16 starts %starts key_mask %mask if %given sinks %sinks16 {scale = 0.5 : f32, window = 7 : i64}
      : tensor<?x?x4x20xbf16>, tensor<?x?x4x20xbf16>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<4xbf16>
  return %a, %b, %c, %d : tensor<?x?x4x20xf32>, tensor<?x?x4x12xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4x20xbf16>
}

func.func private @full_attentions(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %ends: tensor<?x?xi32>, %mask: tensor<?x?xi64>,
                                   %given: i1) -> (tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>) {
  %a = veomni.attention %q, %k, %k starts %starts key_mask %mask if %given {scale = 0.5 : f32, visibility = #veomni.visibility<full>, window = 3 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %b = veomni.attention %a, %k, %k starts %starts ends %ends key_mask %mask if %given {scale = 0.5 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
  return %a, %b : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>
}

// Two layers share the keys.
func.func private @sparse_attentions(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %h: tensor<?x?x1x12xf32>, %w: tensor<?x?x7xf32>, %w16: tensor<?x?x7xbf16>,
                                     %a: tensor<?x?x4x20xf32>, %v: tensor<?x?x4x12xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> (tensor<?x?x4x20xf32>, tensor<?x?x4x12xf32>) {
  %l = veomni.flatten %h : tensor<?x?x1x12xf32> -> tensor<?x?x12xf32>
  %i = veomni.dsa_indexer %q, %k, %w starts %starts key_mask %mask if %given {scale = 0.25 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  %b = veomni.dsa_attention %a, %a, %a, %i starts %starts key_mask %mask if %given {scale = 0.25 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  %j = veomni.dsa_indexer %q, %l, %w16 starts %starts key_mask %mask if %given {scale = 1.0 : f32, top_k = 3 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xbf16>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x3xi32>
  %c = veomni.dsa_attention %b, %a, %v, %i starts %starts key_mask %mask if %given {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x12xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  %d = veomni.dsa_attention %a, %b, %v, %j starts %starts key_mask %mask if %given {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x12xf32>, tensor<?x?x3xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  %e = veomni.binary add %c, %d : tensor<?x?x4x12xf32>, tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  return %b, %e : tensor<?x?x4x20xf32>, tensor<?x?x4x12xf32>
}

func.func private @losses(%x: tensor<?x?x8xbf16>, %labels: tensor<?x?xi64>, %r: tensor<?x?x4xf32>, %s: tensor<?x?x4xf32>, %t: tensor<?x?x4xf32>, %y: tensor<?x?x8xbf16>)
    -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) {
  %next = veomni.shift_labels %labels {fill = -100 : i64} : tensor<?x?xi64>
  %losses, %counts = veomni.cross_entropy %x, %next {ignore_index = -100 : i64} : tensor<?x?x8xbf16>, tensor<?x?xi64> -> tensor<?x?xf32>
  %a = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
  %others, %other_counts = veomni.cross_entropy %t, %labels {ignore_index = 3 : i64} : tensor<?x?x4xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %b = veomni.mean_loss %others, %other_counts : tensor<?x?xf32> -> tensor<f32>
  %c = veomni.load_balancing_loss %r, %s mask %labels {top_k = 2 : i64} : tensor<?x?x4xf32>, tensor<?x?x4xf32> mask tensor<?x?xi64> -> tensor<f32>
  %d = veomni.load_balancing_loss %y mask %labels {top_k = 1 : i64} : tensor<?x?x8xbf16> mask tensor<?x?xi64> -> tensor<f32>
  return %a, %b, %c, %d : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
}

func.func private @routers(%r: tensor<?x?x4xf32>, %s: tensor<?x?x4xbf16>, %t: tensor<?x?x4xf32>)
    -> (tensor<?x?x2xi32>, tensor<?x?x2xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32>, tensor<?x?x3xi32>, tensor<?x?x3xf32>) {
  %e, %w = veomni.router %r {renormalize, top_k = 2 : i64, weight_type = bf16} : tensor<?x?x4xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  %e1, %w1 = veomni.router %s {top_k = 1 : i64, weight_type = f32} : tensor<?x?x4xbf16> -> tensor<?x?x1xi32>, tensor<?x?x1xf32>
  %e2, %w2 = veomni.router %t {top_k = 3 : i64, weight_type = bf16} : tensor<?x?x4xf32> -> tensor<?x?x3xi32>, tensor<?x?x3xf32>
  return %e, %w, %e1, %w1, %e2, %w2 : tensor<?x?x2xi32>, tensor<?x?x2xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32>, tensor<?x?x3xi32>, tensor<?x?x3xf32>
}

func.func private @other_routers(%r: tensor<?x?x8xf32>, %s: tensor<?x?x8xbf16>, %t: tensor<?x?x8xf32>, %bias: tensor<8xf32>)
    -> (tensor<?x?x2xi32>, tensor<?x?x2xf32>, tensor<?x?x3xi32>, tensor<?x?x3xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>) {
  %e, %w = veomni.router %s {score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, weight_type = bf16} : tensor<?x?x8xbf16> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  %e1, %w1 = veomni.group_router %r, %bias {groups = 4 : i64, groups_per_token = 2 : i64, renormalize, scale = 2.5 : f32, top_k = 3 : i64}
      : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x3xi32>, tensor<?x?x3xf32>
  %e2, %w2 = veomni.group_router %t, %bias {groups = 1 : i64, groups_per_token = 1 : i64, scale = 1.0 : f32, top_k = 2 : i64}
      : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  return %e, %w, %e1, %w1, %e2, %w2 : tensor<?x?x2xi32>, tensor<?x?x2xf32>, tensor<?x?x3xi32>, tensor<?x?x3xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>
}
