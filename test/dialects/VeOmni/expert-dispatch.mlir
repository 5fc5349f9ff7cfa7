// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK: module attributes {veomni.mesh = #veomni.mesh<"sp" = 4, "ep" = 2 redivides>}
module attributes {veomni.mesh = #veomni.mesh<"sp" = 4, "ep" = 2 redivides>} {
  // CHECK: veomni.weight "up" : tensor<4x8x8xf32> = [load("up", [8, 8, 8], f32), part("ep", 2, dim = 0)]
  veomni.weight "up" : tensor<4x8x8xf32> = [load("up", [8, 8, 8], f32), part("ep", 2, dim = 0)]
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  // CHECK-LABEL: func.func @f
  func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["routes"]}, %o: tensor<9xi32>) -> (tensor<?x8xf32> {veomni.axes = ["routes"]}) {
    // CHECK: veomni.expert_dispatch @r (%{{.*}}) offsets %{{.*}} over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x8xf32>
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}
