// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-expand=all | FileCheck %s
// Without the option only what is bound to the eager kernel.
// RUN: veomni-opt %s --veomni-expand | FileCheck %s --check-prefix=BOUND

// CHECK-LABEL: func.func private @rms_norm
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[W:.*]]: tensor<8xf32>)
// CHECK-NEXT: %[[SQUARE:.*]] = veomni.unary square %[[X]]
// CHECK-NEXT: %[[MEAN:.*]] = veomni.reduce mean %[[SQUARE]]
// CHECK-NEXT: %[[EPS:.*]] = veomni.binary_scalar add %[[MEAN]], 9.99999997E-7
// CHECK-NEXT: %[[RSQRT:.*]] = veomni.unary rsqrt %[[EPS]]
// CHECK-NEXT: %[[NORMAL:.*]] = veomni.binary mul %[[X]], %[[RSQRT]]
// CHECK-NEXT: %[[Y:.*]] = veomni.binary mul %[[W]], %[[NORMAL]]
// CHECK-NEXT: return %[[Y]]
// BOUND-LABEL: func.func private @rms_norm
// BOUND: veomni.rms_norm
func.func private @rms_norm(%x: tensor<?x8xf32>, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %y : tensor<?x8xf32>
}

// Arithmetic is f32: the norm is rounded before the weight, or after it.
// CHECK-LABEL: func.func private @rms_norm_bf16
// CHECK: veomni.cast %{{.*}} : tensor<?x8xbf16> -> tensor<?x8xf32>
// CHECK: %[[NORMAL:.*]] = veomni.binary mul {{.*}} -> tensor<?x8xf32>
// CHECK-NEXT: %[[ROUNDED:.*]] = veomni.cast %[[NORMAL]] : tensor<?x8xf32> -> tensor<?x8xbf16>
// CHECK-NEXT: veomni.binary mul %{{.*}}, %[[ROUNDED]] : tensor<8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
// CHECK: veomni.binary_scalar add %{{.*}}, 1.000000e+00 : tensor<8xf32>
// CHECK-NEXT: %[[SCALED:.*]] = veomni.binary mul {{.*}} -> tensor<?x8xf32>
// CHECK-NEXT: veomni.cast %[[SCALED]] : tensor<?x8xf32> -> tensor<?x8xbf16>
// BOUND-LABEL: func.func private @rms_norm_bf16
// BOUND: veomni.rms_norm
// BOUND: veomni.unary rsqrt
// BOUND-NOT: eager
func.func private @rms_norm_bf16(%x: tensor<?x8xbf16>, %w: tensor<8xbf16>) -> (tensor<?x8xbf16>, tensor<?x8xbf16>) {
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "fused"} : tensor<?x8xbf16>, tensor<8xbf16>
  %z = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>, veomni.kernel = "eager"} : tensor<?x8xbf16>, tensor<8xbf16>
  return %y, %z : tensor<?x8xbf16>, tensor<?x8xbf16>
}

// Without a weight the factor is rounded, and then the product.
// CHECK-LABEL: func.func private @rms_norm_unweighted
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[H:.*]]: tensor<?x8xbf16>)
// CHECK: %[[RSQRT:.*]] = veomni.unary rsqrt
// CHECK-NEXT: veomni.binary mul %[[X]], %[[RSQRT]] : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
// CHECK-NEXT: veomni.cast %[[H]] : tensor<?x8xbf16> -> tensor<?x8xf32>
// CHECK: %[[RSQRT:.*]] = veomni.unary rsqrt %{{.*}} : tensor<?x1xf32>
// CHECK-NEXT: %[[ROUNDED:.*]] = veomni.cast %[[RSQRT]] : tensor<?x1xf32> -> tensor<?x1xbf16>
// CHECK-NEXT: veomni.binary mul %[[H]], %[[ROUNDED]] : tensor<?x8xbf16>, tensor<?x1xbf16> -> tensor<?x8xbf16>
func.func private @rms_norm_unweighted(%x: tensor<?x8xf32>, %h: tensor<?x8xbf16>) -> (tensor<?x8xf32>, tensor<?x8xbf16>) {
  %y = veomni.rms_norm %x {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>
  %z = veomni.rms_norm %h {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xbf16>
  return %y, %z : tensor<?x8xf32>, tensor<?x8xbf16>
}

// CHECK-LABEL: func.func private @layer_norm
// CHECK: %[[X32:.*]] = veomni.cast %[[X:.*]] : tensor<?x8xbf16> -> tensor<?x8xf32>
// CHECK-NEXT: %[[MEAN:.*]] = veomni.reduce mean %[[X32]]
// CHECK-NEXT: %[[REST:.*]] = veomni.binary sub %[[X32]], %[[MEAN]]
// CHECK-NEXT: %[[SQUARE:.*]] = veomni.unary square %[[REST]]
// CHECK-NEXT: %[[VARIANCE:.*]] = veomni.reduce mean %[[SQUARE]]
// CHECK-NEXT: veomni.binary_scalar add %[[VARIANCE]], 9.99999997E-7
// CHECK-NEXT: %[[RSQRT:.*]] = veomni.unary rsqrt
// CHECK-NEXT: %[[NORMAL:.*]] = veomni.binary mul %[[REST]], %[[RSQRT]]
// CHECK-NEXT: %[[SCALED:.*]] = veomni.binary mul %[[NORMAL]], %{{.*}} : tensor<?x8xf32>, tensor<8xbf16> -> tensor<?x8xf32>
// CHECK-NEXT: %[[SUM:.*]] = veomni.binary add %[[SCALED]], %{{.*}} : tensor<?x8xf32>, tensor<8xbf16> -> tensor<?x8xf32>
// CHECK-NEXT: veomni.cast %[[SUM]] : tensor<?x8xf32> -> tensor<?x8xbf16>
func.func private @layer_norm(%x: tensor<?x8xbf16>, %w: tensor<8xbf16>, %b: tensor<8xbf16>) -> tensor<?x8xbf16> {
  %y = veomni.layer_norm %x, %w, %b {eps = 1.0e-06 : f32} : tensor<?x8xbf16>, tensor<8xbf16>
  return %y : tensor<?x8xbf16>
}

// CHECK-LABEL: func.func private @glu
// CHECK: %[[S:.*]] = veomni.unary sigmoid %[[G:.*]] :
// CHECK-NEXT: %[[A:.*]] = veomni.binary mul %[[G]], %[[S]]
// CHECK-NEXT: veomni.binary mul %[[A]],
// CHECK: veomni.unary erf
// CHECK: veomni.unary tanh
// CHECK: %[[GATE:.*]] = veomni.slice %[[P:.*]] {offset = 0 : i64} : tensor<?x8xf32> -> tensor<?x4xf32>
// CHECK-NEXT: veomni.slice %[[P]] {offset = 4 : i64}
// CHECK-NEXT: veomni.unary sigmoid %[[GATE]]
func.func private @glu(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %a = veomni.glu %g, %u {act = #veomni.activation<silu>} : tensor<?x8xf32>
  %b = veomni.glu %a, %u {act = #veomni.activation<gelu>} : tensor<?x8xf32>
  %c = veomni.glu %b, %u {act = #veomni.activation<gelu_tanh>} : tensor<?x8xf32>
  %d = veomni.packed_glu %c {act = #veomni.activation<silu>} : tensor<?x8xf32> -> tensor<?x4xf32>
  return %d : tensor<?x4xf32>
}

// A part of each head turns; the table serves all heads.
// CHECK-LABEL: func.func private @rope
// CHECK: %[[PART:.*]] = veomni.slice %[[X:.*]] {offset = 0 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x4xf32>
// CHECK: veomni.slice %[[PART]] {offset = 0 : i64}
// CHECK: %[[SECOND:.*]] = veomni.slice %[[PART]] {offset = 2 : i64}
// CHECK: %[[NEG:.*]] = veomni.unary neg %[[SECOND]]
// CHECK: veomni.concat %[[NEG]],
// CHECK: veomni.unflatten %{{.*}} : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
// CHECK: %[[REST:.*]] = veomni.slice %[[X]] {offset = 4 : i64}
// CHECK: veomni.concat %{{.*}}, %[[REST]]
// CHECK: veomni.unflatten %{{.*}} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2x2xf32>
func.func private @rope(%x: tensor<?x?x2x8xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x8xf32>, tensor<?x?x2x4xf32>) {
  %y = veomni.rope %x, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xf32>, tensor<?x?x2xf32>
  %w = veomni.rope %z, %cos, %sin {layout = #veomni.rope_layout<interleaved>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  return %y, %w : tensor<?x?x2x8xf32>, tensor<?x?x2x4xf32>
}

// CHECK-LABEL: func.func private @attention
// CHECK: %[[S:.*]] = veomni.attention_scores %{{.*}} -> tensor<?x?x4x?xf32>
// CHECK-NEXT: %[[M:.*]] = veomni.attention_mask %{{.*}} {window = 3 : i64}
// CHECK-NEXT: %[[T:.*]] = veomni.binary_scalar mul %[[S]], 5.000000e-01
// CHECK-NEXT: %[[U:.*]] = veomni.binary add %[[T]], %[[M]]
// CHECK-NEXT: %[[MAX:.*]] = veomni.reduce max %[[U]]
// CHECK-NEXT: %[[D:.*]] = veomni.binary sub %[[U]], %[[MAX]]
// CHECK-NEXT: %[[E:.*]] = veomni.unary exp %[[D]]
// CHECK-NEXT: %[[SUM:.*]] = veomni.reduce sum %[[E]]
// CHECK-NEXT: %[[P:.*]] = veomni.binary div %[[E]], %[[SUM]]
// CHECK-NEXT: veomni.attention_values %[[P]], %{{.*}} -> tensor<?x?x4x20xf32>
func.func private @attention(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> tensor<?x?x4x20xf32> {
  %o = veomni.attention %q, %k, %k starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 3 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %o : tensor<?x?x4x20xf32>
}

// CHECK-LABEL: func.func private @losses
// CHECK-SAME: (%{{.*}}, %[[L:.*]]: tensor<?x?xi64>,
// CHECK: veomni.cast
// CHECK: veomni.unary log
// CHECK: %[[P:.*]] = veomni.gather_label %{{.*}}, %[[L]] {ignore_index = -100 : i64}
// CHECK: %[[N:.*]] = veomni.unary neg %[[P]] : tensor<?x?xf32>
// CHECK: %[[C:.*]] = veomni.not_equal %[[L]] {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
// CHECK: %[[SUM:.*]] = veomni.sum_leading %[[N]] : tensor<?x?xf32> -> tensor<f32>
// CHECK: %[[COUNT:.*]] = veomni.sum_leading %[[C]] : tensor<?x?xf32> -> tensor<f32>
// CHECK: veomni.binary div %[[SUM]], %[[COUNT]]
// CHECK-COUNT-2: veomni.one_hot
// CHECK: veomni.top_k
// CHECK-NOT: one_hot
// CHECK: veomni.cast %{{.*}} : tensor<?x?x2xf32> -> tensor<?x?x2xbf16>
func.func private @losses(%x: tensor<?x?x8xbf16>, %labels: tensor<?x?xi64>, %r: tensor<?x?x4xf32>)
    -> (tensor<f32>, tensor<f32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>) {
  %losses, %counts = veomni.cross_entropy %x, %labels {ignore_index = -100 : i64} : tensor<?x?x8xbf16>, tensor<?x?xi64> -> tensor<?x?xf32>
  %loss = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
  %aux = veomni.load_balancing_loss %r, %r mask %labels {top_k = 2 : i64} : tensor<?x?x4xf32>, tensor<?x?x4xf32> mask tensor<?x?xi64> -> tensor<f32>
  %e, %w = veomni.router %r {renormalize, top_k = 2 : i64, weight_type = bf16} : tensor<?x?x4xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  return %loss, %aux, %e, %w : tensor<f32>, tensor<f32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>
}

// Every other column, held within the limit, in f32; the activation is rounded before the product.
// CHECK-LABEL: func.func private @clamped_glu
// CHECK-NEXT: %[[PAIRS:.*]] = veomni.unflatten %{{.*}} : tensor<?x8xbf16> -> tensor<?x4x2xbf16>
// CHECK-NEXT: veomni.slice %[[PAIRS]] {offset = 0 : i64}
// CHECK: veomni.slice %{{.*}} {offset = 1 : i64}
// CHECK: %[[GATE:.*]] = veomni.binary_scalar min %{{.*}}, 7.000000e+00 : tensor<?x4xf32>
// CHECK-NEXT: %[[LOW:.*]] = veomni.binary_scalar max %{{.*}}, -7.000000e+00 : tensor<?x4xf32>
// CHECK-NEXT: %[[UP:.*]] = veomni.binary_scalar min %[[LOW]], 7.000000e+00
// CHECK-NEXT: %[[ALPHA:.*]] = veomni.binary_scalar mul %[[GATE]], 1.702000e+00
// CHECK-NEXT: %[[SIGMOID:.*]] = veomni.unary sigmoid %[[ALPHA]]
// CHECK-NEXT: %[[ACT:.*]] = veomni.binary mul %[[GATE]], %[[SIGMOID]]
// CHECK-NEXT: %[[SHIFTED:.*]] = veomni.binary_scalar add %[[UP]], 1.000000e+00
// CHECK-NEXT: %[[ROUNDED:.*]] = veomni.cast %[[ACT]]
// CHECK-NEXT: %[[PRODUCT:.*]] = veomni.binary mul %[[ROUNDED]], %[[SHIFTED]] : tensor<?x4xbf16>, tensor<?x4xf32> -> tensor<?x4xf32>
// CHECK-NEXT: veomni.cast %[[PRODUCT]]
func.func private @clamped_glu(%x: tensor<?x8xbf16>) -> tensor<?x4xbf16> {
  %y = veomni.packed_glu %x {act = #veomni.activation<silu>, alpha = 1.702 : f32, layout = #veomni.glu_layout<interleaved>, limit = 7.0 : f32, up_shift = 1.0 : f32}
      : tensor<?x8xbf16> -> tensor<?x4xbf16>
  return %y : tensor<?x4xbf16>
}

// A sink takes part in the greatest score and in the sum, and has no share.
// CHECK-LABEL: func.func private @sinks
// CHECK-SAME: %[[SINKS:[^:]*]]: tensor<4xf32>)
// CHECK: %[[MAX:.*]] = veomni.reduce max %[[S:.*]] : tensor<?x?x4x?xf32>
// CHECK-NEXT: %[[FLAT:.*]] = veomni.flatten %[[MAX]]
// CHECK-NEXT: %[[TOP:.*]] = veomni.binary max %[[FLAT]], %[[SINKS]]
// CHECK-NEXT: %[[PER_HEAD:.*]] = veomni.unflatten %[[TOP]] : tensor<?x?x4xf32> -> tensor<?x?x4x1xf32>
// CHECK-NEXT: %[[D:.*]] = veomni.binary sub %[[S]], %[[PER_HEAD]]
// CHECK-NEXT: %[[E:.*]] = veomni.unary exp %[[D]]
// CHECK-NEXT: %[[DS:.*]] = veomni.binary sub %[[SINKS]], %[[TOP]]
// CHECK-NEXT: %[[ES:.*]] = veomni.unary exp %[[DS]]
// CHECK-NEXT: %[[SUM:.*]] = veomni.reduce sum %[[E]]
// CHECK-NEXT: %[[SUMS:.*]] = veomni.flatten %[[SUM]]
// CHECK-NEXT: %[[ALL:.*]] = veomni.binary add %[[SUMS]], %[[ES]]
// CHECK-NEXT: %[[TOTAL:.*]] = veomni.unflatten %[[ALL]]
// CHECK-NEXT: veomni.binary div %[[E]], %[[TOTAL]]
func.func private @sinks(%q: tensor<?x?x4x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1, %sinks: tensor<4xf32>) -> tensor<?x?x4x20xf32> {
  %o = veomni.attention %q, %q, %q starts %starts key_mask %mask if %given sinks %sinks {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<4xf32>
  return %o : tensor<?x?x4x20xf32>
}

// The greatest logits, and a softmax over those; experts of the groups whose two best have most.
// CHECK-LABEL: func.func private @routers
// CHECK-NEXT: %[[V:.*]], %{{.*}} = veomni.top_k %{{.*}} : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
// CHECK-NEXT: veomni.reduce max %[[V]]
// CHECK: %[[SCORES:.*]] = veomni.unary sigmoid
// CHECK-NEXT: %[[KEYS:.*]] = veomni.binary add %[[SCORES]],
// CHECK-NEXT: %[[GROUPS:.*]] = veomni.unflatten %[[KEYS]] : tensor<?x8xf32> -> tensor<?x4x2xf32>
// CHECK-NEXT: veomni.top_k %[[GROUPS]]
// CHECK: veomni.one_hot %{{.*}} : tensor<?x2xi32> -> tensor<?x2x4xf32>
// CHECK: %[[OPEN:.*]] = veomni.binary min %[[GROUPS]], %{{.*}} : tensor<?x4x2xf32>, tensor<?x4x1xf32>
// CHECK-NEXT: %[[FLAT:.*]] = veomni.flatten %[[OPEN]]
// CHECK-NEXT: %{{.*}}, %[[I:.*]] = veomni.top_k %[[FLAT]] : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
// CHECK-NEXT: veomni.one_hot %[[I]] : tensor<?x3xi32> -> tensor<?x3x8xf32>
// CHECK: veomni.binary_scalar add %{{.*}}, 9.99999968E-21
// CHECK: veomni.binary_scalar mul %{{.*}}, 2.500000e+00
func.func private @routers(%r: tensor<?x8xf32>, %bias: tensor<8xf32>) -> (tensor<?x2xi32>, tensor<?x2xf32>, tensor<?x3xi32>, tensor<?x3xf32>) {
  %e, %w = veomni.router %r {score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, weight_type = f32} : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  %e1, %w1 = veomni.group_router %r, %bias {groups = 4 : i64, groups_per_token = 2 : i64, renormalize, scale = 2.5 : f32, top_k = 3 : i64}
      : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x3xi32>, tensor<?x3xf32>
  return %e, %w, %e1, %w1 : tensor<?x2xi32>, tensor<?x2xf32>, tensor<?x3xi32>, tensor<?x3xf32>
}
