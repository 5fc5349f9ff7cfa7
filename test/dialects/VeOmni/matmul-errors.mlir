// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%a: tensor<?xf32>, %b: tensor<?x4xf32>) {
  // expected-error @+1 {{a must have at least 2 dims, found 'tensor<?xf32>'}}
  %y = veomni.matmul %a, %b : tensor<?xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%a: tensor<?x4xf32>, %b: tensor<*xf32>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %y = veomni.matmul %a, %b : tensor<?x4xf32>, tensor<*xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%a: tensor<4x4xf32>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %y = veomni.matmul %a, %a : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<*xf32>
  return
}

// -----

func.func private @f(%a: tensor<2x?x4xf32>, %b: tensor<3x4x?xf32>) {
  // expected-error @+1 {{a and b must have the same dims but for the last two, found 'tensor<2x?x4xf32>' and 'tensor<3x4x?xf32>'}}
  %y = veomni.matmul %a, %b : tensor<2x?x4xf32>, tensor<3x4x?xf32> -> tensor<2x?x?xf32>
  return
}

// -----

func.func private @f(%a: tensor<?x4xf32>, %b: tensor<4x?xf32>) {
  // expected-error @+1 {{a and b must be summed over dims of one size, found 'tensor<?x4xf32>' and 'tensor<4x?xf32>'}}
  %y = veomni.matmul %a, %b {transpose_b} : tensor<?x4xf32>, tensor<4x?xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%a: tensor<5x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{a and b must be summed over dims of one size, found 'tensor<5x4xf32>' and 'tensor<4x6xf32>'}}
  %y = veomni.matmul %a, %b {transpose_a} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func private @f(%a: tensor<5x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{result must be 'tensor<5x6xf32>', found 'tensor<6x5xf32>'}}
  %y = veomni.matmul %a, %b : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<6x5xf32>
  return
}
