// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func @f(%p: tensor<?x?x?xi64>) {
  // expected-error @+1 {{positions must be [axes, batch, seq] with a static number of axes}}
  %c, %s = veomni.mrope_table %p {axes = array<i64: 0, 1>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<?x?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func @f(%p: tensor<3x?xi64>) {
  // expected-error @+1 {{positions must be [axes, batch, seq]}}
  %c, %s = veomni.mrope_table %p {axes = array<i64: 0, 1>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<3x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func @f(%p: tensor<3x?x?xi64>) {
  // expected-error @+1 {{results must be [batch, seq, 2]}}
  %c, %s = veomni.mrope_table %p {axes = array<i64: 0, 1>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<3x?x?xi64> -> tensor<?x?x3xf32>
  return
}

// -----

func.func @f(%p: tensor<3x?x?xi64>) {
  // expected-error @+1 {{names 1 axes, expected one for each of 2 frequencies}}
  %c, %s = veomni.mrope_table %p {axes = array<i64: 0>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<3x?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func @f(%p: tensor<3x?x?xi64>) {
  // expected-error @+1 {{names axis 3 of positions of 3}}
  %c, %s = veomni.mrope_table %p {axes = array<i64: 0, 3>, inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<3x?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func @f(%i: tensor<?xi64>) {
  // expected-error @+1 {{ids must be [batch, seq]}}
  %y = veomni.token_index %i {token = 7 : i64} : tensor<?xi64> -> tensor<?xi32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %i: tensor<?x?xi32>) {
  // expected-error @+1 {{rows must be [N, H]}}
  %y = veomni.take_rows %x at %i : tensor<8xf32>, tensor<?x?xi32> -> tensor<?x?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %i: tensor<?x?xi32>) {
  // expected-error @+1 {{result must have the dims of}}
  %y = veomni.take_rows %x at %i : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>, %i: tensor<?x?xi32>, %h: tensor<?x8xf32>) {
  // expected-error @+1 {{else must be}}
  %y = veomni.take_rows %x at %i else %h : tensor<?x8xf32>, tensor<?x?xi32> else tensor<?x8xf32> -> tensor<?x?x8xf32>
  return
}

// -----

// expected-error @+1 {{'veomni.rows_of' must be {input = "name", value = 0 : i64}, found "input_ids"}}
func.func @f(%x: tensor<?x8xf32> {veomni.rows_of = "input_ids"}) {
  return
}
