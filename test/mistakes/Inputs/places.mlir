module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"}) -> (tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %part = veomni.all_slice %ids dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    %i = veomni.token_index %part {token = 7 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>
    %y = veomni.all_gather %i dim 1 over "sp" : tensor<?x?xi32> -> tensor<?x?xi32>
    return %y : tensor<?x?xi32>
  }
}
