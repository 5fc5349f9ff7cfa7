// RUN: veomni-opt %s --veomni-shard-experts | FileCheck %s
// Once more changes nothing.
// RUN: veomni-opt %s --veomni-shard-experts -o %t.once
// RUN: veomni-opt %t.once --veomni-shard-experts -o %t.twice
// RUN: cmp %t.once %t.twice
// Without an axis for experts, or with one rank along it, nothing changes.
// RUN: sed 's/, "ep" = 2 redivides//' %s | veomni-opt -o %t.none
// RUN: sed 's/, "ep" = 2 redivides//' %s | veomni-opt --veomni-shard-experts | cmp %t.none -
// RUN: sed 's/"ep" = 2/"ep" = 1/' %s | veomni-opt -o %t.one
// RUN: sed 's/"ep" = 2/"ep" = 1/' %s | veomni-opt --veomni-shard-experts | cmp %t.one -

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  // Two layers are one function and its experts; each layer's weights are a part.
  // CHECK: veomni.weight "a.up" : tensor<3x16x8xf32> = [load("a.up", [6, 16, 8], f32), part("ep", 2, dim = 0)]
  // CHECK: veomni.weight "a.bias" : tensor<3x16xf32> = [load("a.bias", [6, 16], f32), part("ep", 2, dim = 0)]
  // CHECK: veomni.weight "b.up" : tensor<3x16x8xf32> = [load("b.up", [6, 16, 8], f32), part("ep", 2, dim = 0)]
  // CHECK: veomni.weight "norm" : tensor<8xf32> = [load("norm", [8], f32)]
  veomni.weight "a.up" : tensor<6x16x8xf32> = [load("a.up", [6, 16, 8], f32)]
  veomni.weight "a.bias" : tensor<6x16xf32> = [load("a.bias", [6, 16], f32)]
  veomni.weight "b.up" : tensor<6x16x8xf32> = [load("b.up", [6, 16, 8], f32)]
  veomni.weight "b.bias" : tensor<6x16xf32> = [load("b.bias", [6, 16], f32)]
  veomni.weight "norm" : tensor<8xf32> = [load("norm", [8], f32)]

  // CHECK-LABEL: func.func private @E.expert(
  // CHECK-SAME: ["expert_tokens"]
  // CHECK: veomni.param "up" : tensor<3x16x8xf32>
  // CHECK: veomni.param "bias" : tensor<3x16xf32>
  func.func private @E.expert(%rows: tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}) {
    %up = veomni.param "up" : tensor<6x16x8xf32>
    %bias = veomni.param "bias" : tensor<6x16xf32>
    %w = veomni.select_expert %up, %e : tensor<6x16x8xf32> -> tensor<16x8xf32>
    %b = veomni.select_expert %bias, %e : tensor<6x16xf32> -> tensor<16xf32>
    %h = veomni.linear %rows, %w bias %b : (tensor<?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x16xf32>
    %y = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x16xf32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }

  // CHECK-LABEL: func.func private @E.expert.received(
  // CHECK-SAME: %[[ROWS:.*]]: tensor<?x8xf32> {veomni.axes = ["received"]}, %[[NUMBERS:.*]]: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]})
  // CHECK: %[[ONES:.*]] = veomni.full_like %[[NUMBERS]] {value = 1.000000e+00 : f32} : tensor<?x1xi32> -> tensor<?x1xf32>
  // CHECK: %[[Y:.*]] = veomni.experts_loop @E.expert (%[[ROWS]], %[[NUMBERS]], %[[ONES]]) {num_experts = 3 : i64}
  // CHECK: return %[[Y]]

  // CHECK-LABEL: func.func private @E.forward(
  // CHECK-SAME: %[[X:[^:]*]]: tensor<?x?x8xf32>
  // CHECK-SAME: %[[CHOSEN:[^:]*]]: tensor<?x?x2xi32>
  // CHECK-SAME: %[[WEIGHTS:[^:]*]]: tensor<?x?x2xf32>
  // CHECK: %[[ROUTES:.*]], %[[PLACES:.*]], %[[OFFSETS:.*]] = veomni.expert_sort %[[CHOSEN]] : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<7xi32>
  // CHECK: %[[SORTED:.*]] = veomni.permute %[[X]] by %[[ROUTES]] {top_k = 2 : i64}
  // CHECK: %[[BACK:.*]] = veomni.expert_dispatch @E.expert.received (%[[SORTED]]) offsets %[[OFFSETS]] over "ep" : tensor<?x8xf32>, tensor<7xi32> -> tensor<?x8xf32>
  // CHECK: veomni.expert_combine %[[BACK]] by %[[ROUTES]], %[[PLACES]] weights %[[WEIGHTS]]
  // CHECK-NOT: veomni.experts_loop
  func.func private @E.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq@sp"]}, %experts: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq@sp"]}, %weights: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq@sp"]}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq@sp"]}) {
    %y = veomni.experts_loop @E.expert (%x, %experts, %weights) {num_experts = 6 : i64} : tensor<?x?x8xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x8xf32>
    return %y : tensor<?x?x8xf32>
  }
  func.func @forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq@sp"], veomni.name = "x"}, %logits: tensor<?x?x6xf32> {veomni.axes = ["batch", "seq@sp"], veomni.name = "logits"}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq@sp"], veomni.name = "y"}) {
    %norm = veomni.param "norm" : tensor<8xf32>
    %e, %w = veomni.router %logits {renormalize, top_k = 2 : i64, weight_type = f32} : tensor<?x?x6xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
    %a = veomni.call @E.forward at "a" (%x, %e, %w) : (tensor<?x?x8xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>) -> tensor<?x?x8xf32>
    %n = veomni.rms_norm %a, %norm {eps = 1.0e-6 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
    %b = veomni.call @E.forward at "b" (%n, %e, %w) : (tensor<?x?x8xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>) -> tensor<?x?x8xf32>
    return %b : tensor<?x?x8xf32>
  }
}
