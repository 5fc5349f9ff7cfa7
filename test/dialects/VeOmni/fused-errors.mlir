// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%e: tensor<?x?xi32>) {
  // expected-error @+1 {{experts must be [tokens, top_k] or [batch, seq, top_k] with a static top_k, found 'tensor<?x?xi32>'}}
  %r, %p, %o = veomni.expert_sort %e : tensor<?x?xi32> -> tensor<?xi32>, tensor<?x?xi32>, tensor<9xi32>
  return
}

// -----

func.func private @f(%e: tensor<?x2xi32>) {
  // expected-error @+1 {{routes must have one dynamic dim, found 'tensor<?x2xi32>'}}
  %r, %p, %o = veomni.expert_sort %e : tensor<?x2xi32> -> tensor<?x2xi32>, tensor<?x2xi32>, tensor<9xi32>
  return
}

// -----

func.func private @f(%e: tensor<?x2xi32>) {
  // expected-error @+1 {{places must have the type of experts, 'tensor<?x2xi32>', found 'tensor<?x3xi32>'}}
  %r, %p, %o = veomni.expert_sort %e : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x3xi32>, tensor<9xi32>
  return
}

// -----

func.func private @f(%e: tensor<?x2xi32>) {
  // expected-error @+1 {{offsets must be [experts + 1] and static, found 'tensor<1xi32>'}}
  %r, %p, %o = veomni.expert_sort %e : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<1xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?xf32>, %r: tensor<?xi32>) {
  // expected-error @+1 {{x must be [tokens, H] or [batch, seq, H] with a static H, found 'tensor<?x?xf32>'}}
  %y = veomni.permute %x by %r {top_k = 2 : i64} : tensor<?x?xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %r: tensor<4xi32>) {
  // expected-error @+1 {{routes must have one dynamic dim, found 'tensor<4xi32>'}}
  %y = veomni.permute %x by %r {top_k = 2 : i64} : tensor<?x8xf32>, tensor<4xi32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %r: tensor<?xi32>) {
  // expected-error @+1 {{result must be 'tensor<?x8xf32>', found 'tensor<?x8xbf16>'}}
  %y = veomni.permute %x by %r {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xbf16>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %r: tensor<?xi32>) {
  // expected-error @+1 {{attribute 'top_k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %y = veomni.permute %x by %r {top_k = 0 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o: tensor<3xi32>) {
  // expected-error @+1 {{weight must have 3 static dims, none of them 0, found 'tensor<4x8xf32>'}}
  %y = veomni.grouped_gemm %x, %w offsets %o : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<3xi32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x9xf32>, %w: tensor<2x4x8xf32>, %o: tensor<3xi32>) {
  // expected-error @+1 {{x must be [rows, 8] for 'tensor<2x4x8xf32>', found 'tensor<?x9xf32>'}}
  %y = veomni.grouped_gemm %x, %w offsets %o : (tensor<?x9xf32>, tensor<2x4x8xf32>, tensor<3xi32>) -> tensor<?x4xf32>
  return
}

// -----

// The number of groups is the number of experts.
func.func private @f(%x: tensor<?x8xf32>, %w: tensor<2x4x8xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{offsets must be [3] for 2 experts, found 'tensor<5xi32>'}}
  %y = veomni.grouped_gemm %x, %w offsets %o : (tensor<?x8xf32>, tensor<2x4x8xf32>, tensor<5xi32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<2x4x8xf32>, %o: tensor<3xi32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{bias must be 'tensor<2x4xf32>', found 'tensor<4xf32>'}}
  %y = veomni.grouped_gemm %x, %w offsets %o bias %b : (tensor<?x8xf32>, tensor<2x4x8xf32>, tensor<3xi32>, tensor<4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<2x4x8xf32>, %o: tensor<3xi32>) {
  // expected-error @+1 {{result must be [rows, 4], found 'tensor<?x8xf32>'}}
  %y = veomni.grouped_gemm %x, %w offsets %o : (tensor<?x8xf32>, tensor<2x4x8xf32>, tensor<3xi32>) -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %r: tensor<?xi32>, %p: tensor<?x2xi32>, %w: tensor<?x3xf32>) {
  // expected-error @+1 {{places and weights must both be [..., top_k], found 'tensor<?x2xi32>' and 'tensor<?x3xf32>'}}
  %y = veomni.expert_combine %x by %r, %p weights %w : tensor<?x8xf32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x3xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %r: tensor<?xi32>, %p: tensor<?x?x2xi32>, %w: tensor<?x?x2xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x?x8xf32>', found 'tensor<?x8xf32>'}}
  %y = veomni.expert_combine %x by %r, %p weights %w : tensor<?x8xf32>, tensor<?xi32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %r: tensor<?xi32>, %p: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{x must be [routes, H], found 'tensor<?x?x8xf32>'}}
  %y = veomni.expert_combine %x by %r, %p weights %w : tensor<?x?x8xf32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %r: tensor<2xi32>, %p: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{routes must have one dynamic dim, found 'tensor<2xi32>'}}
  %y = veomni.expert_combine %x by %r, %p weights %w : tensor<?x8xf32>, tensor<2xi32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f() {
  %a = veomni.param "a" : tensor<4x8xf32>
  // expected-error @+1 {{needs at least two parameters, found 1}}
  %c = veomni.concat_params %a : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func private @f(%b: tensor<4x8xf32>) {
  %a = veomni.param "a" : tensor<4x8xf32>
  // expected-error @+1 {{operand 1 must be a veomni.param}}
  %c = veomni.concat_params %a, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func private @f() {
  %a = veomni.param "a" : tensor<4x8xf32>
  %b = veomni.param "b" : tensor<4x9xf32>
  // expected-error @+1 {{operand 1 must be 'tensor<4x8xf32>' but for dim 0, found 'tensor<4x9xf32>'}}
  %c = veomni.concat_params %a, %b : (tensor<4x8xf32>, tensor<4x9xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func private @f() {
  %a = veomni.param "a" : tensor<4x8xf32>
  %b = veomni.param "b" : tensor<5x8xf32>
  // expected-error @+1 {{result must be 'tensor<9x8xf32>', found 'tensor<8x8xf32>'}}
  %c = veomni.concat_params %a, %b : (tensor<4x8xf32>, tensor<5x8xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<7xf32>) {
  // expected-error @+1 {{weight must be 'tensor<8xf32>', found 'tensor<7xf32>'}}
  %s, %n = veomni.add_rms_norm %x, %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<7xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{eps must be positive}}
  %s, %n = veomni.add_rms_norm %x, %x, %w {eps = 0.0 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{variant unweighted takes no weight, found one of type 'tensor<8xf32>'}}
  %s, %n = veomni.add_rms_norm %x, %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{variant standard needs a weight}}
  %s, %n = veomni.add_rms_norm %x, %x {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>
  return
}
