// RUN: veomni-opt %s --veomni-lower="target=cpu level=x86-64-v3" -split-input-file -verify-diagnostics

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
    // expected-error @+1 {{gathers dim 0 of operand 0 over "sp", but that is seq, of which ranks have no parts}}
    %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    return %0 : tensor<?x8xf32>
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %0 = veomni.all_slice %x dim 1 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
    // expected-error @+1 {{gathers dim 0 of operand 0 over "sp", but that is batch, of which ranks have no parts}}
    %1 = veomni.all_gather %0 dim 0 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
    return %1 : tensor<?x?x8xf32>
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
    %0 = veomni.all_slice %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    // expected-error @+1 {{dim 0 of operand 1 is seq, expected seq@sp as dim 0 of operand 0}}
    %1 = veomni.binary add %0, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    %2 = veomni.all_gather %1 dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    return %2 : tensor<?x8xf32>
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  // expected-error @+2 {{argument 0 has axis 'seq@sp', a part; inputs and outputs are whole on every rank}}
  // expected-error @+1 {{result 0 has axis 'seq@sp', a part; inputs and outputs are whole on every rank}}
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq@sp"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq@sp"], veomni.name = "y"}) {
    %0 = veomni.binary add %x, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    return %0 : tensor<?x8xf32>
  }
}

// -----

// expected-error @+2 {{argument 1 has the name of argument 0, 'x'}}
// expected-error @+1 {{result 1 has the name of result 0, 'y'}}
func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}, %z: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"})
    -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}, tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
  %0 = veomni.binary add %x, %z : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = veomni.binary mul %x, %z : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}
