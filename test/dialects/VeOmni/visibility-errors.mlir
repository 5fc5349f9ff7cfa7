// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%q: tensor<?x?x2x8xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{ends are of visibility full, found causal}}
  %y = veomni.attention %q, %q, %q starts %s ends %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x8xf32>, %s: tensor<?x?xi32>, %e: tensor<?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{ends must be 'tensor<?x?xi32>' like starts, found 'tensor<?xi32>'}}
  %y = veomni.attention %q, %q, %q starts %s ends %e key_mask %m if %g {scale = 1.0 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
      : tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32> ends tensor<?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<2x6x2x8xf32>, %k: tensor<2x9x2x8xf32>, %s: tensor<2x6xi32>, %m: tensor<2x6xi64>, %g: i1) {
  // expected-error @+1 {{key_mask must be [batch, keys] like 'tensor<2x9x2x8xf32>', found 'tensor<2x6xi64>'}}
  %y = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<2x6x2x8xf32>, tensor<2x9x2x8xf32>, tensor<2x6xi32>, tensor<2x6xi64>
  return
}

// -----

func.func private @f(%s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{ends are of visibility full, found causal}}
  %y = veomni.attention_mask %s ends %s, %m if %g {window = 0 : i64} : tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  return
}

// -----

func.func private @f(%s: tensor<?x?xi32>, %e: tensor<?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{ends must be 'tensor<?x?xi32>' like starts, found 'tensor<?xi32>'}}
  %y = veomni.attention_mask %s ends %e, %m if %g {visibility = #veomni.visibility<full>, window = 0 : i64} : tensor<?x?xi32> ends tensor<?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  return
}
