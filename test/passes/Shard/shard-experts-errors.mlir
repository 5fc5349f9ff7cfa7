// RUN: veomni-opt %s --veomni-shard-experts -split-input-file -verify-diagnostics

module attributes {veomni.mesh = #veomni.mesh<"sp" = 4, "ep" = 4 redivides>} {
  func.func private @E.expert(%rows: tensor<?x8xf32> {veomni.axes = ["n"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["n"]}) {
    %up = veomni.param "up" : tensor<6x8x8xf32>
    %w = veomni.select_expert %up, %e : tensor<6x8x8xf32> -> tensor<8x8xf32>
    %h = veomni.linear %rows, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    return %h : tensor<?x8xf32>
  }
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "x"}, %e: tensor<?x2xi32> {veomni.axes = ["t"], veomni.name = "e"}, %w: tensor<?x2xf32> {veomni.axes = ["t"], veomni.name = "w"}) -> (tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "y"}) {
    // expected-error @+1 {{has 6 experts, which the 4 ranks of 'ep' do not divide; expected a size of 'ep' that does}}
    %y = veomni.experts_loop @E.expert (%x, %e, %w) {num_experts = 6 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}

// -----

// expected-error @+1 {{the mesh divides experts over 2 ranks ('ep'), but the model has none}}
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {}

// -----

// A router that shares its matrix with the experts' stack.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @E.expert(%rows: tensor<?x8xf32> {veomni.axes = ["n"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["n"]}) {
    %up = veomni.param "up" : tensor<6x8x8xf32>
    %w = veomni.select_expert %up, %e : tensor<6x8x8xf32> -> tensor<8x8xf32>
    %h = veomni.linear %rows, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    return %h : tensor<?x8xf32>
  }
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "x"}, %e: tensor<?x2xi32> {veomni.axes = ["t"], veomni.name = "e"}, %w: tensor<?x2xf32> {veomni.axes = ["t"], veomni.name = "w"}) -> (tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "y"}) {
    // expected-error @+1 {{reads all of "up", which is divided over 'ep' since it holds the experts of a loop}}
    %up = veomni.param "up" : tensor<6x8x8xf32>
    %y = veomni.experts_loop @E.expert (%x, %e, %w) {num_experts = 6 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @E.expert(%rows: tensor<?x8xf32> {veomni.axes = ["n"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["n"]}) {
    // expected-error @+1 {{holds 12 experts and cannot be divided with the 6 of a loop: it has others}}
    %up = veomni.param "up" : tensor<12x8x8xf32>
    %w = veomni.select_expert %up, %e : tensor<12x8x8xf32> -> tensor<8x8xf32>
    %h = veomni.linear %rows, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    return %h : tensor<?x8xf32>
  }
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "x"}, %e: tensor<?x2xi32> {veomni.axes = ["t"], veomni.name = "e"}, %w: tensor<?x2xf32> {veomni.axes = ["t"], veomni.name = "w"}) -> (tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "y"}) {
    %y = veomni.experts_loop @E.expert (%x, %e, %w) {num_experts = 6 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "x"}, %e: tensor<?x2xi32> {veomni.axes = ["t"], veomni.name = "e"}, %w: tensor<?x2xf32> {veomni.axes = ["t"], veomni.name = "w"}) -> (tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "y"}) {
    %up = veomni.param "up" : tensor<6x8x8xf32>
    %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<7xi32>
    %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
    // expected-error @+1 {{holds all of its experts on every rank; over 'ep' those of a veomni.experts_loop are divided}}
    %h = veomni.grouped_gemm %rows, %up offsets %offsets : (tensor<?x8xf32>, tensor<6x8x8xf32>, tensor<7xi32>) -> tensor<?x8xf32>
    %y = veomni.expert_combine %h by %routes, %places weights %w : tensor<?x8xf32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}

// -----

// The walk along calls ends.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>} {
  func.func private @E.expert(%rows: tensor<?x8xf32> {veomni.axes = ["n"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["n"]}) {
    return %rows : tensor<?x8xf32>
  }
  // expected-error @+1 {{calls itself}}
  func.func private @again(%x: tensor<?x8xf32> {veomni.axes = ["t"]}) -> (tensor<?x8xf32> {veomni.axes = ["t"]}) {
    %y = veomni.call @again at "a" (%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
  func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "x"}, %e: tensor<?x2xi32> {veomni.axes = ["t"], veomni.name = "e"}, %w: tensor<?x2xf32> {veomni.axes = ["t"], veomni.name = "w"}) -> (tensor<?x8xf32> {veomni.axes = ["t"], veomni.name = "y"}) {
    %a = veomni.call @again at "a" (%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
    %y = veomni.experts_loop @E.expert (%a, %e, %w) {num_experts = 6 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}
