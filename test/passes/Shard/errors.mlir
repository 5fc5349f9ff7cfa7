// RUN: veomni-opt %s --veomni-shard=mesh=sp=3 -split-input-file -verify-diagnostics

func.func @forward(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %kv: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "kv"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts"}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.default = "ones", veomni.name = "mask"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "o"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  // expected-error @+1 {{cannot split its heads over the 3 ranks of 'sp': it has 4 query heads, 2 key heads and 2 value heads; expected a number of ranks that divides them, or of which the key heads are a part and which divides the query heads}}
  %o = veomni.attention %q, %kv, %kv starts %starts key_mask %mask if %given {scale = 0.25 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %o : tensor<?x?x4x8xf32>
}

// -----

func.func @forward(%x: tensor<8xf32> {veomni.name = "x"}) -> (tensor<8xf32> {veomni.name = "y"}) {
  // expected-error @+1 {{has no sharding rule that says what becomes of parts of it}}
  %y = arith.addf %x, %x : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// expected-error @+1 {{was made for the mesh #veomni.mesh<"sp" = 2> and cannot become one for #veomni.mesh<"sp" = 3>}}
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {}
