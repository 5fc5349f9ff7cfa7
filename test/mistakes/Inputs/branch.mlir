// An exchange that a rank comes to only on one way through its program.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"},
      %mask: tensor<?xi64> {veomni.axes = ["seq"], veomni.name = "mask", veomni.default = "ones"})
      -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
    %given = veomni.input_given %mask : tensor<?xi64>
    %part = veomni.all_slice %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %y = scf.if %given -> tensor<?x8xf32> {
      %half = veomni.binary_scalar mul %part, 0.5 : tensor<?x8xf32>
      %whole = veomni.all_gather %half dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
      scf.yield %whole : tensor<?x8xf32>
    } else {
      scf.yield %x : tensor<?x8xf32>
    }
    return %y : tensor<?x8xf32>
  }
}
