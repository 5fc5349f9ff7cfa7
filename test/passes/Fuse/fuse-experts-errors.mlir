// RUN: veomni-opt %s -split-input-file -verify-diagnostics --veomni-fuse-experts

// Bodies of other forms than down(glu(gate_up(rows))): nothing is rewritten by guess.
func.func private @expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  %d = veomni.param "w" : tensor<2x8x8xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x8xf32> -> tensor<8x8xf32>
  %y = veomni.linear %rows, %de : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func private @forward(%x: tensor<?x8xf32>, %e: tensor<?x1xi32>, %w: tensor<?x1xf32>) -> tensor<?x8xf32> {
  // expected-error @+1 {{is bound to 'grouped', but its loop's body @expert is not down(glu(gate_up(rows))): the last product takes an argument, expected 'veomni.packed_glu'}}
  %y = veomni.experts_loop @expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "grouped"} : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func private @expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  return %rows : tensor<?x8xf32>
}
func.func private @forward(%x: tensor<?x8xf32>, %e: tensor<?x1xi32>, %w: tensor<?x1xf32>) -> tensor<?x8xf32> {
  // expected-error @+1 {{it returns an argument, expected 'veomni.linear'}}
  %y = veomni.experts_loop @expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "grouped"} : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// The matrix of another expert.
func.func private @expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
  %d = veomni.param "down_proj" : tensor<8x6xf32>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
  %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %d : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func private @forward(%x: tensor<?x8xf32>, %e: tensor<?x1xi32>, %w: tensor<?x1xf32>) -> tensor<?x8xf32> {
  // expected-error @+1 {{a product takes 'veomni.param', expected 'veomni.select_expert' of a parameter by the loop's expert}}
  %y = veomni.experts_loop @expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "grouped"} : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// Something else is computed.
func.func private @expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
  %d = veomni.param "down_proj" : tensor<2x8x6xf32>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  %twice = veomni.binary add %h, %h : tensor<?x12xf32>, tensor<?x12xf32> -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func private @forward(%x: tensor<?x8xf32>, %e: tensor<?x1xi32>, %w: tensor<?x1xf32>) -> tensor<?x8xf32> {
  // expected-error @+1 {{it also computes 'veomni.binary'}}
  %y = veomni.experts_loop @expert (%x, %e, %w) {num_experts = 2 : i64, veomni.kernel = "grouped"} : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
