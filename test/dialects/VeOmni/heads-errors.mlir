// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{columns from 'offset' = 5 as in 'tensor<?x4xf32>' do not exist in 'tensor<?x8xf32>'}}
  %y = veomni.slice %x {offset = 5 : i64} : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{columns from 'offset' = 0 as in 'tensor<?x0xf32>' do not exist in 'tensor<?x8xf32>'}}
  %y = veomni.slice %x {offset = 0 : i64} : tensor<?x8xf32> -> tensor<?x0xf32>
  return
}

// -----

func.func private @f(%x: tensor<8x?xf32>) {
  // expected-error @+1 {{columns from 'offset' = 0 as in 'tensor<8x4xf32>' do not exist in 'tensor<8x?xf32>'}}
  %y = veomni.slice %x {offset = 0 : i64} : tensor<8x?xf32> -> tensor<8x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{attribute 'offset' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %y = veomni.slice %x {offset = -1 : i64} : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x4xf32>', found 'tensor<?x4xbf16>'}}
  %y = veomni.slice %x {offset = 0 : i64} : tensor<?x8xf32> -> tensor<?x4xbf16>
  return
}

// -----

func.func private @f(%x: tensor<f32>) {
  // expected-error @+1 {{x must have at least 1 dims, found 'tensor<f32>'}}
  %y = veomni.slice %x {offset = 0 : i64} : tensor<f32> -> tensor<4xf32>
  return
}

// -----

func.func private @f(%a: tensor<?x8xf32>, %b: tensor<2x4xf32>) {
  // expected-error @+1 {{b must be 'tensor<?x4xf32>', found 'tensor<2x4xf32>'}}
  %y = veomni.concat %a, %b : tensor<?x8xf32>, tensor<2x4xf32> -> tensor<?x12xf32>
  return
}

// -----

func.func private @f(%a: tensor<?x8xf32>, %b: tensor<?x4xbf16>) {
  // expected-error @+1 {{b must be 'tensor<?x4xf32>', found 'tensor<?x4xbf16>'}}
  %y = veomni.concat %a, %b : tensor<?x8xf32>, tensor<?x4xbf16> -> tensor<?x12xf32>
  return
}

// -----

func.func private @f(%a: tensor<?x8xf32>, %b: tensor<?x4xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x12xf32>', found 'tensor<?x13xf32>'}}
  %y = veomni.concat %a, %b : tensor<?x8xf32>, tensor<?x4xf32> -> tensor<?x13xf32>
  return
}

// -----

func.func private @f(%a: tensor<8x?xf32>, %b: tensor<8x4xf32>) {
  // expected-error @+1 {{the last dims of a and b must be static, found 'tensor<8x?xf32>' and 'tensor<8x4xf32>'}}
  %y = veomni.concat %a, %b : tensor<8x?xf32>, tensor<8x4xf32> -> tensor<8x?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x2x8xf32>) {
  // expected-error @+1 {{x must be [..., 1, head_dim], found 'tensor<?x2x8xf32>'}}
  %y = veomni.broadcast_heads %x : tensor<?x2x8xf32> -> tensor<?x4x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x1x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x4x8xf32>', found 'tensor<?x4x9xf32>'}}
  %y = veomni.broadcast_heads %x : tensor<?x1x8xf32> -> tensor<?x4x9xf32>
  return
}

// -----

func.func private @f(%x: tensor<2x1x8xf32>) {
  // expected-error @+1 {{result must be [..., heads, head_dim], found 'tensor<2x?x8xf32>'}}
  %y = veomni.broadcast_heads %x : tensor<2x1x8xf32> -> tensor<2x?x8xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x4x6xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{value must be like the key but for its head_dim, found 'tensor<?x?x4x6xf32>' for 'tensor<?x?x2x8xf32>'}}
  %y = veomni.attention %q, %k, %v starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x4x6xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x6xbf16>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{value must be like the key but for its head_dim, found 'tensor<?x?x2x6xbf16>' for 'tensor<?x?x2x8xf32>'}}
  %y = veomni.attention %q, %k, %v starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x2x6xbf16>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x6xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{value must be like the key but for its head_dim, found 'tensor<?x?x6xf32>' for 'tensor<?x?x2x8xf32>'}}
  %y = veomni.attention %q, %k, %v starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x6xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x6xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{result must be 'tensor<?x?x4x6xf32>', found 'tensor<?x?x4x8xf32>'}}
  %y = "veomni.attention"(%q, %k, %v, %s, %m, %g) {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 1, 0>, scale = 1.0 : f32, window = 0 : i64}
      : (tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x6xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1) -> tensor<?x?x4x8xf32>
  return
}
