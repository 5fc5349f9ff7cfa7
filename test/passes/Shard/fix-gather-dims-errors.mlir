// RUN: veomni-opt %s --veomni-fix-gather-dims -split-input-file -verify-diagnostics

// No dim is a part.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}) -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    // expected-error @+1 {{gathers dim 1 of operand 0 over "sp", but that is seq, of which ranks have no parts}}
    %0 = veomni.all_gather %x dim 1 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    return %0 : tensor<?x?x4xf32>
  }
}

// -----

// The parts are over another axis of the mesh.
module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 2, "sp" = 2>} {
  func.func @forward(%x: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}) -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %0 = veomni.all_slice %x dim 0 over "dp_replicate" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    // expected-error @+1 {{gathers dim 0 of operand 0 over "sp", but that is batch@dp_replicate, of which ranks have no parts}}
    %1 = veomni.all_gather %0 dim 0 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    return %1 : tensor<?x?x4xf32>
  }
}

// -----

// A static dim would have another size.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %0 = veomni.all_slice %x dim 1 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    %1 = veomni.all_gather %0 dim 2 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x8xf32>
    // expected-error @+1 {{dim 1 of operand 0 is seq@sp, expected seq as the function's results say}}
    return %1 : tensor<?x?x8xf32>
  }
}
