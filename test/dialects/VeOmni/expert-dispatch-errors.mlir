// RUN: veomni-opt %s -split-input-file -verify-diagnostics

module {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{is over "ep", but the module has no mesh}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{is over "ep", but the module's mesh is #veomni.mesh<"sp" = 2>}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x?x8xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{rows must be [rows, H] with a static H, and the result of their type, found 'tensor<?x?x8xf32>' and 'tensor<?x?x8xf32>'}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x?x8xf32>, tensor<9xi32> -> tensor<?x?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{rows must be [rows, H] with a static H, and the result of their type, found 'tensor<?x8xf32>' and 'tensor<?x4xf32>'}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x4xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<?xi32>) {
    // expected-error @+1 {{offsets must be [experts + 1], found 'tensor<?xi32>'}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<8xi32>) {
    // expected-error @+1 {{has 7 experts, which the 2 ranks along "ep" do not divide}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<8xi32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{callee @r is not a function of this module}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["received"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x4xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{callee @r must be '(tensor<?x4xf32>, tensor<?x1xi32>) -> tensor<?x4xf32>', found}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x4xf32>, tensor<9xi32> -> tensor<?x4xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @r(%rows: tensor<?x8xf32> {veomni.axes = ["received"]}, %n: tensor<?x1xi32> {veomni.axes = ["numbers"]}) -> (tensor<?x8xf32> {veomni.axes = ["received"]}) {
    return %rows : tensor<?x8xf32>
  }
  func.func @f(%x: tensor<?x8xf32>, %o: tensor<9xi32>) {
    // expected-error @+1 {{must call the rows of its arguments and of its result by one name in 'veomni.axes'}}
    %y = veomni.expert_dispatch @r (%x) offsets %o over "ep" : tensor<?x8xf32>, tensor<9xi32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  // expected-error @+1 {{'up' is a part of 2 ranks along "ep", which is no axis with so many of the module's veomni.mesh}}
  veomni.weight "up" : tensor<4x8x8xf32> = [load("up", [8, 8, 8], f32), part("ep", 2, dim = 0)]
}

// -----

// expected-error @+1 {{axis 'ep' of the mesh has size 4, which does not divide the 6 ranks of the other axes that it re-divides}}
module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 3, "ep" = 4 redivides, "sp" = 2>} {}

// -----

func.func @f(%x: tensor<?x1xi32>) {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %y = veomni.full_like %x {value = 1.0 : f32} : tensor<?x1xi32> -> tensor<?x2xf32>
  return
}
