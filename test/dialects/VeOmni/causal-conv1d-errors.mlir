// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{x must be [batch, seq, columns] with static columns, found 'tensor<?x8xf32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<?x8xf32>, tensor<8x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x?xf32>, %w: tensor<8x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{x must be [batch, seq, columns] with static columns, found 'tensor<?x?x?xf32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<?x?x?xf32>, tensor<8x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<*xf32>, %w: tensor<8x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<*xf32>, tensor<8x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x4xf32>, %s: tensor<?xi32>) {
  // expected-error @+1 {{starts must be [batch, seq] like 'tensor<?x?x8xf32>', found 'tensor<?xi32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<?x?x8xf32>, tensor<8x4xf32>, tensor<?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<4x8xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{weight must be [8, K] with at least 2 taps for x of type 'tensor<?x?x8xf32>', found 'tensor<4x8xf32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<?x?x8xf32>, tensor<4x8xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x1xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{weight must be [8, K] with at least 2 taps for x of type 'tensor<?x?x8xf32>', found 'tensor<8x1xf32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<?x?x8xf32>, tensor<8x1xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x?xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{weight must be [8, K] with at least 2 taps for x of type 'tensor<?x?x8xf32>', found 'tensor<8x?xf32>'}}
  %0 = veomni.causal_conv1d %x, %w starts %s : tensor<?x?x8xf32>, tensor<8x?xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x4xf32>, %s: tensor<?x?xi32>, %b: tensor<8xbf16>) {
  // expected-error @+1 {{bias must be 'tensor<8xf32>', found 'tensor<8xbf16>'}}
  %0 = veomni.causal_conv1d %x, %w bias %b starts %s : tensor<?x?x8xf32>, tensor<8x4xf32> bias tensor<8xbf16>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{act must be silu, found gelu}}
  %0 = veomni.causal_conv1d %x, %w starts %s {act = #veomni.activation<gelu>} : tensor<?x?x8xf32>, tensor<8x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %s: tensor<?x3xi32>) {
  // expected-error @+1 {{starts must be [batch, seq] like 'tensor<?x?x8xf32>', found 'tensor<?x3xi32>'}}
  %0 = veomni.shift_tokens %x, %s {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x3xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{attribute 'by' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %0 = veomni.shift_tokens %x, %s {by = 0 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x1025xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{weight must have at most 1024 taps, found 'tensor<8x1025xf32>'}}
  %y = veomni.causal_conv1d %x, %w starts %s : tensor<?x?x8xf32>, tensor<8x1025xf32>, tensor<?x?xi32>
  return
}
