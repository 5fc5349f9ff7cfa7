// RUN: veomni-opt %s --veomni-shard=mesh=tp=2 -split-input-file -verify-diagnostics

func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x9xf32> {veomni.axes = ["seq"]}) {
  // expected-error @+1 {{"mlp.up_proj.weight" is 'tensor<9x32xf32>' and cannot be divided over 'tp' along dim 0, as tensor parallelism says: 2 ranks do not divide 9; expected a number of ranks that does, or a plan that leaves it whole}}
  %w = veomni.param "mlp.up_proj.weight" : tensor<9x32xf32>
  %y = veomni.linear %x, %w : (tensor<?x32xf32>, tensor<9x32xf32>) -> tensor<?x9xf32>
  return %y : tensor<?x9xf32>
}

// -----

// expected-error @+1 {{the mesh divides parameters over 2 ranks ('tp'), but none of the model's 1 is one that it divides; say which in a plan}}
module {
  func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
    %w = veomni.param "weight" : tensor<8x32xf32>
    %y = veomni.linear %x, %w : (tensor<?x32xf32>, tensor<8x32xf32>) -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}

// -----

func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x32xf32> {veomni.axes = ["seq"]}) {
  %w = veomni.param "a.q_proj.bias" : tensor<32xf32>
  // expected-error @+1 {{needs all of parameter "a.q_proj.bias", of which the plan gives each rank a part}}
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x32xf32>, tensor<32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// What calls itself has no end of parameters.
// expected-error @+1 {{calls itself}}
func.func private @g(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x32xf32> {veomni.axes = ["seq"]}) {
  %y = veomni.call @g at "a" (%x) : (tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x32xf32> {veomni.axes = ["seq"]}) {
  %y = veomni.call @g at "a" (%x) : (tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// expected-error @+1 {{must have a body of one block}}
func.func private @g(tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x32xf32> {veomni.axes = ["seq"]})
func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}) -> (tensor<?x32xf32> {veomni.axes = ["seq"]}) {
  %y = veomni.call @g at "a" (%x) : (tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
