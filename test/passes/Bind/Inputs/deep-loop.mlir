func.func private @E.expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
  %d = veomni.param "down_proj" : tensor<2x8x6xf32>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @forward(%x: tensor<?x?x?x8xf32>, %e: tensor<?x?x?x1xi32>, %w: tensor<?x?x?x1xf32>) -> tensor<?x?x?x8xf32> {
  %y = veomni.experts_loop @E.expert (%x, %e, %w) {num_experts = 2 : i64}
      : tensor<?x?x?x8xf32>, tensor<?x?x?x1xi32>, tensor<?x?x?x1xf32> -> tensor<?x?x?x8xf32>
  return %y : tensor<?x?x?x8xf32>
}
