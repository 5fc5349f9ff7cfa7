// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'top_k' = 9 is more than the 8 experts}}
  %e, %w = veomni.router %l {top_k = 9 : i64, weight_type = f32} : tensor<?x8xf32> -> tensor<?x9xi32>, tensor<?x9xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'weight_type' must be f32 or bf16, found 'f16'}}
  %e, %w = veomni.router %l {top_k = 2 : i64, weight_type = f16} : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{results must have the dims of 'tensor<?x8xf32>' and then 2, found 'tensor<?x3xi32>'}}
  %e, %w = veomni.router %l {top_k = 2 : i64, weight_type = f32} : tensor<?x8xf32> -> tensor<?x3xi32>, tensor<?x3xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{attribute 'top_k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %e, %w = veomni.router %l {top_k = 0 : i64, weight_type = f32} : tensor<?x8xf32> -> tensor<?x0xi32>, tensor<?x0xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'renormalize' goes with score softmax alone, found softmax_top_k}}
  %e, %w = veomni.router %l {renormalize, score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, weight_type = f32} : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%s: tensor<8xf32>, %e: index) {
  // expected-error @+1 {{stack must have 2 or 3 static dims, none of them 0, found 'tensor<8xf32>'}}
  %w = veomni.select_expert %s, %e : tensor<8xf32> -> tensor<f32>
  return
}

// -----

func.func private @f(%s: tensor<8x4xf32>, %e: index) {
  // expected-error @+1 {{result must be 'tensor<4xf32>', found 'tensor<8xf32>'}}
  %w = veomni.select_expert %s, %e : tensor<8x4xf32> -> tensor<8xf32>
  return
}

// -----

func.func private @f(%s: tensor<8x4x2xf32>, %e: index) {
  // expected-error @+1 {{result must be 'tensor<4x2xf32>', found 'tensor<4x3xf32>'}}
  %w = veomni.select_expert %s, %e : tensor<8x4x2xf32> -> tensor<4x3xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x9xf32>) {
  // expected-error @+1 {{the last dim of x must be twice that of the result, found 'tensor<?x9xf32>' and 'tensor<?x4xf32>'}}
  %y = veomni.packed_glu %x {act = #veomni.activation<silu>} : tensor<?x9xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'limit' must be positive, found 0.000000e+00 : f32}}
  %y = veomni.packed_glu %x {act = #veomni.activation<silu>, limit = 0.0 : f32} : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'alpha' goes with silu alone, found gelu}}
  %y = veomni.packed_glu %x {act = #veomni.activation<gelu>, alpha = 1.5 : f32} : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4xf32>, %e: tensor<?x?x2xi32>, %w: tensor<?x?x2xf32>) {
  // expected-error @+1 {{callee @g is not a function of this module}}
  %y = veomni.experts_loop @g (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x?x4xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  return
}

// -----

func.func private @g(tensor<?x4xf32>) -> tensor<?x4xf32>
func.func private @f(%x: tensor<?x?x4xf32>, %e: tensor<?x?x2xi32>, %w: tensor<?x?x2xf32>) {
  // expected-error @+1 {{callee @g must be '(tensor<?x4xf32>, index) -> tensor<?x4xf32>', found '(tensor<?x4xf32>) -> tensor<?x4xf32>'}}
  %y = veomni.experts_loop @g (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x?x4xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  return
}

// -----

func.func private @g(tensor<?x4xf32>, index) -> tensor<?x4xf32>
func.func private @f(%x: tensor<?x?x4xf32>, %e: tensor<?x?x2xi32>, %w: tensor<?x?x3xf32>) {
  // expected-error @+1 {{experts and weights must have the leading dims of x and one of top_k}}
  %y = veomni.experts_loop @g (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x?x4xf32>, tensor<?x?x2xi32>, tensor<?x?x3xf32> -> tensor<?x?x4xf32>
  return
}

// -----

func.func private @g(tensor<?x4xf32>, index) -> tensor<?x4xf32>
func.func private @f(%x: tensor<?x?x4xf32>, %e: tensor<?x?x2xi32>, %w: tensor<?x?x2xf32>) {
  // expected-error @+1 {{result must have the type of x, 'tensor<?x?x4xf32>', found 'tensor<?x?x5xf32>'}}
  %y = veomni.experts_loop @g (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x?x4xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x5xf32>
  return
}

// -----

func.func private @f(%m: tensor<?x?xi64>) {
  // expected-error @+1 {{needs the router logits of at least one layer}}
  %y = "veomni.load_balancing_loss"(%m) {top_k = 1 : i64} : (tensor<?x?xi64>) -> tensor<f32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %m: tensor<?x?xi64>) {
  // expected-error @+1 {{logits must be [batch, seq, experts] with a static number of experts, found 'tensor<?x8xf32>'}}
  %y = veomni.load_balancing_loss %l mask %m {top_k = 1 : i64} : tensor<?x8xf32> mask tensor<?x?xi64> -> tensor<f32>
  return
}

// -----

func.func private @f(%l: tensor<?x?x8xf32>, %k: tensor<?x?x4xf32>, %m: tensor<?x?xi64>) {
  // expected-error @+1 {{all logits must be 'tensor<?x?x8xf32>', found 'tensor<?x?x4xf32>'}}
  %y = veomni.load_balancing_loss %l, %k mask %m {top_k = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?x4xf32> mask tensor<?x?xi64> -> tensor<f32>
  return
}

// -----

func.func private @f(%l: tensor<?x?x8xf32>, %m: tensor<?xi64>) {
  // expected-error @+1 {{mask must be [batch, seq] like 'tensor<?x?x8xf32>', found 'tensor<?xi64>'}}
  %y = veomni.load_balancing_loss %l mask %m {top_k = 1 : i64} : tensor<?x?x8xf32> mask tensor<?xi64> -> tensor<f32>
  return
}

// -----

func.func private @f(%l: tensor<?x?x8xf32>, %m: tensor<?x?xi64>) {
  // expected-error @+1 {{'top_k' = 9 is more than the 8 experts}}
  %y = veomni.load_balancing_loss %l mask %m {top_k = 9 : i64} : tensor<?x?x8xf32> mask tensor<?x?xi64> -> tensor<f32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'groups' = 3 must divide the 8 experts into groups of at least 2}}
  %e, %w = veomni.group_router %l, %b {groups = 3 : i64, groups_per_token = 1 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'groups' = 8 must divide the 8 experts into groups of at least 2}}
  %e, %w = veomni.group_router %l, %b {groups = 8 : i64, groups_per_token = 2 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'groups_per_token' = 3 is more than the 2 groups}}
  %e, %w = veomni.group_router %l, %b {groups = 2 : i64, groups_per_token = 3 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{'top_k' = 5 is more than the 4 experts of 2 groups}}
  %e, %w = veomni.group_router %l, %b {groups = 4 : i64, groups_per_token = 2 : i64, scale = 1.0 : f32, top_k = 5 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x5xi32>, tensor<?x5xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{bias must be 'tensor<8xf32>', found 'tensor<4xf32>'}}
  %e, %w = veomni.group_router %l, %b {groups = 4 : i64, groups_per_token = 2 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<4xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<2x?xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{logits must be [..., experts], found 'tensor<2x?xf32>'}}
  %e, %w = veomni.group_router %l, %b {groups = 4 : i64, groups_per_token = 2 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<2x?xf32>, tensor<8xf32> -> tensor<2x2xi32>, tensor<2x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{results must have the dims of 'tensor<?x8xf32>' and then 2, found 'tensor<?x3xf32>'}}
  %e, %w = veomni.group_router %l, %b {groups = 4 : i64, groups_per_token = 2 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x2xi32>, tensor<?x3xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{attribute 'groups' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %e, %w = veomni.group_router %l, %b {groups = 0 : i64, groups_per_token = 1 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{attribute 'groups_per_token' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %e, %w = veomni.group_router %l, %b {groups = 4 : i64, groups_per_token = 0 : i64, scale = 1.0 : f32, top_k = 2 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{attribute 'top_k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %e, %w = veomni.group_router %l, %b {groups = 4 : i64, groups_per_token = 2 : i64, scale = 1.0 : f32, top_k = 0 : i64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x0xi32>, tensor<?x0xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x?xf32>) {
  // expected-error @+1 {{logits must be [..., experts] with a static number of experts, found 'tensor<?x?xf32>'}}
  %e, %w = veomni.router %l {top_k = 2 : i64, weight_type = f32} : tensor<?x?xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}
