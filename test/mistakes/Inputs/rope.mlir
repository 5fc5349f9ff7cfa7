module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
      %positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "positions"})
      -> (tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %q = veomni.all_slice %x dim 1 over "sp" : tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
    %cos, %sin = veomni.rope_table %positions {inv_freq = array<f32: 1.0, 0.1, 0.01, 0.001>, scale = 1.0 : f32}
        : tensor<?x?xi64> -> tensor<?x?x4xf32>
    %r = veomni.rope %q, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xf32>, tensor<?x?x4xf32>
    %y = veomni.all_gather %r dim 1 over "sp" : tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
    return %y : tensor<?x?x2x8xf32>
  }
}
