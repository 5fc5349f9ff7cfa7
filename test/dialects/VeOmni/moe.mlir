// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @Experts.expert
func.func private @Experts.expert(%rows: tensor<?x64xf32> {veomni.axes = ["expert_tokens"]}, %expert: index)
    -> (tensor<?x64xf32> {veomni.axes = ["expert_tokens"]}) attributes {veomni.class = "Experts", veomni.method = "expert"} {
  %stack = veomni.param "gate_up_proj" : tensor<8x128x64xbf16>
  // CHECK: veomni.select_expert %{{.*}}, %{{.*}} : tensor<8x128x64xbf16> -> tensor<128x64xbf16>
  %w = veomni.select_expert %stack, %expert : tensor<8x128x64xbf16> -> tensor<128x64xbf16>
  %gate_up = veomni.linear %rows, %w : (tensor<?x64xf32>, tensor<128x64xbf16>) -> tensor<?x128xf32>
  // CHECK: veomni.packed_glu %{{.*}} {act = #veomni.activation<silu>} : tensor<?x128xf32> -> tensor<?x64xf32>
  %a = veomni.packed_glu %gate_up {act = #veomni.activation<silu>} : tensor<?x128xf32> -> tensor<?x64xf32>
  // CHECK: veomni.packed_glu %{{.*}} {act = #veomni.activation<silu>, alpha = 1.702000e+00 : f32, layout = #veomni.glu_layout<interleaved>, limit = 7.000000e+00 : f32, up_shift = 1.000000e+00 : f32} : tensor<?x128xf32> -> tensor<?x64xf32>
  %clamped = veomni.packed_glu %gate_up {act = #veomni.activation<silu>, alpha = 1.702 : f32, layout = #veomni.glu_layout<interleaved>, limit = 7.0 : f32, up_shift = 1.0 : f32}
      : tensor<?x128xf32> -> tensor<?x64xf32>
  %biases = veomni.param "gate_up_proj_bias" : tensor<8x128xbf16>
  // CHECK: veomni.select_expert %{{.*}}, %{{.*}} : tensor<8x128xbf16> -> tensor<128xbf16>
  %bias = veomni.select_expert %biases, %expert : tensor<8x128xbf16> -> tensor<128xbf16>
  // CHECK: veomni.packed_glu %{{.*}} {act = #veomni.activation<silu>} : tensor<?x128xf32> -> tensor<?x64xf32>
  %concat = veomni.packed_glu %gate_up {act = #veomni.activation<silu>, layout = #veomni.glu_layout<concat>} : tensor<?x128xf32> -> tensor<?x64xf32>
  return %a : tensor<?x64xf32>
}

// CHECK-LABEL: func.func private @moe
func.func private @moe(%x: tensor<?x?x64xf32>, %logits: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>, %loss: tensor<f32>, %bias: tensor<8xf32>) -> (tensor<?x?x64xf32>, tensor<f32>) {
  // CHECK: veomni.router %{{.*}} {renormalize, top_k = 2 : i64, weight_type = f32} : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  %experts, %weights = veomni.router %logits {renormalize, top_k = 2 : i64, weight_type = f32} : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  // CHECK: veomni.group_router %{{.*}}, %{{.*}} {groups = 4 : i64, groups_per_token = 2 : i64, renormalize, scale = 2.500000e+00 : f32, top_k = 3 : i64} : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x3xi32>, tensor<?x?x3xf32>
  %best, %scores = veomni.group_router %logits, %bias {groups = 4 : i64, groups_per_token = 2 : i64, renormalize, scale = 2.5 : f32, top_k = 3 : i64}
      : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x3xi32>, tensor<?x?x3xf32>
  // CHECK: veomni.router %{{.*}} {score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, weight_type = f32}
  %chosen, %shares = veomni.router %logits {score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, weight_type = f32}
      : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  // CHECK: veomni.router %{{.*}} {top_k = 2 : i64, weight_type = f32}
  %e, %w = veomni.router %logits {score = #veomni.router_score<softmax>, top_k = 2 : i64, weight_type = f32} : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  // CHECK: veomni.experts_loop @Experts.expert (%{{.*}}, %{{.*}}, %{{.*}}) {num_experts = 8 : i64}
  %y = veomni.experts_loop @Experts.expert (%x, %experts, %weights) {num_experts = 8 : i64}
      : tensor<?x?x64xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
  // CHECK: veomni.load_balancing_loss %{{.*}}, %{{.*}} mask %{{.*}} {top_k = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?x8xf32> mask tensor<?x?xi64> -> tensor<f32>
  %aux = veomni.load_balancing_loss %logits, %logits mask %mask {top_k = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?x8xf32> mask tensor<?x?xi64> -> tensor<f32>
  // CHECK: veomni.add_scaled %{{.*}}, %{{.*}} {alpha = 1.000000e-03 : f32} : tensor<f32>
  %total = veomni.add_scaled %loss, %aux {alpha = 1.0e-03 : f32} : tensor<f32>
  return %y, %total : tensor<?x?x64xf32>, tensor<f32>
}
