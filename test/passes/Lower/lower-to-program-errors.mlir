// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a public function with a body, an entry, found none}}
module {
  func.func private @f() {
    return
  }
}

// -----

// expected-error @+1 {{phase lower expects a model (veomni), which phase import writes, found a program (veomni_rt): it is lowered already}}
module {
  veomni_rt.func @f() params(0) slots(0) {
    veomni_rt.return
  }
}

// -----

// expected-error @+1 {{argument 0 of type 'tensor<?x8xf32>' needs 'veomni.axes' for its dynamic dims}}
func.func @f(%x: tensor<?x8xf32>) {
  return
}

// -----

// Every argument and result of the entry without a name is told, not just the first.
// expected-error @+4 {{argument 0 of type 'tensor<8xf32>' needs 'veomni.name', since users of the program find it by name}}
// expected-error @+3 {{argument 2 of type 'tensor<8xf32>' needs 'veomni.name'}}
// expected-error @+2 {{argument 3 of type 'index' must be a tensor in the entry}}
// expected-error @+1 {{result 1 of type 'tensor<8xf32>' needs 'veomni.name'}}
func.func @f(%x: tensor<8xf32>, %y: tensor<8xf32> {veomni.name = "y"}, %z: tensor<8xf32> {veomni.name = ""}, %e: index)
    -> (tensor<8xf32> {veomni.name = "sum"}, tensor<8xf32>) {
  %a = veomni.binary add %x, %y : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  %b = veomni.binary add %a, %z : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// -----

// Every op without a kernel is named, not just the first.
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"]}) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
  // expected-error @+1 {{has no kernel in this program; raise or decompose it first}}
  %y = arith.mulf %x, %x : tensor<?x8xf32>
  // expected-error @+1 {{has no kernel in this program; raise or decompose it first}}
  %z = arith.negf %y : tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// -----

// A parameter without a weight and a weight without a parameter are reported together, at their ops: often a name is
// misspelt.
// expected-error @+1 {{"layers.0.norm.weigth" is no parameter that the model reads; did you mean "layers.0.norm.weight"?}}
veomni.weight "layers.0.norm.weigth" : tensor<8xf32> = [load("norm.weight", [8], f32)]
veomni.weight "layers.1.norm.weight" : tensor<8xf32> = [load("norm.weight", [8], f32)]
// expected-error @+1 {{"rotary" is no parameter that the model reads}}
veomni.weight "rotary" : tensor<8xf32> = [load("rotary", [8], f32)]
func.func private @layer(%x: tensor<?x8xf32> {veomni.axes = ["seq"]}) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
  // expected-error @+2 {{parameter "layers.0.norm.weight" has no veomni.weight; did you mean "layers.0.norm.weigth"?}}
  // expected-error @+1 {{parameter "layers.2.norm.weight" has no veomni.weight; did you mean "layers.0.norm.weigth"?}}
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %y : tensor<?x8xf32>
}
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
  %a = veomni.call @layer at "layers.0" (%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %b = veomni.call @layer at "layers.1" (%a) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %c = veomni.call @layer at "layers.2" (%b) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %c : tensor<?x8xf32>
}

// -----

func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
  // expected-error @+1 {{parameter "norm.weight" has no veomni.weight}}
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// expected-note @+1 {{the weight}}
veomni.weight "norm.weight" : tensor<9xf32> = [load("norm.weight", [9], f32)]
// expected-note @+1 {{the weight}}
veomni.weight "norm.bias" : tensor<8xf32> = [load("norm.bias", [8], f32)]
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
  // expected-error @+1 {{parameter "norm.bias" is used as 'tensor<8xbf16>', but is 'tensor<8xf32>'}}
  %b = veomni.param "norm.bias" : tensor<8xbf16>
  // expected-error @+1 {{parameter "norm.weight" is used as 'tensor<8xf32>', but is 'tensor<9xf32>'}}
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  %z = veomni.rms_norm %y, %b {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xbf16>
  return %z : tensor<?x8xf32>
}

// -----

func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"]}, %w: tensor<8xf32>) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
  // expected-error @+1 {{weight must be a veomni.param}}
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}, %w: tensor<9x8xf32>, %y: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?xf32> {veomni.axes = ["batch", "seq"]}) {
  // expected-error @+1 {{weight must be a veomni.param}}
  %l, %c = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<9x8xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return %l : tensor<?x?xf32>
}

// -----

// expected-error @+1 {{calls itself}}
func.func @f(%x: tensor<8xf32>) {
  veomni.call @f at "x" (%x) : (tensor<8xf32>) -> ()
  return
}

// -----

func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"]}, %e: index) -> tensor<8x8xf32> {
  %s = veomni.param "s" : tensor<2x8x8xf32>
  // expected-error @+1 {{can only be the weight or bias of a veomni.linear, found veomni.binary}}
  %w = veomni.select_expert %s, %e : tensor<2x8x8xf32> -> tensor<8x8xf32>
  %y = veomni.binary add %w, %w : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// -----

func.func @f(%x: tensor<?x3x1x8xf32> {veomni.axes = ["seq"]}) -> (tensor<?x3x4x8xf32> {veomni.axes = ["seq"]}) {
  // expected-error @+1 {{needs x of one head per row, which is the static dims behind dynamic ones, found 'tensor<?x3x1x8xf32>'}}
  %y = veomni.broadcast_heads %x : tensor<?x3x1x8xf32> -> tensor<?x3x4x8xf32>
  return %y : tensor<?x3x4x8xf32>
}

// -----

func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
  %s = veomni.param "s" : tensor<2x8x8xf32>
  %b = veomni.param "b" : tensor<8xf32>
  %w = veomni.select_expert %s, %e : tensor<2x8x8xf32> -> tensor<8x8xf32>
  // expected-error @+1 {{weight and bias must be of the same expert}}
  %y = veomni.linear %x, %w bias %b : (tensor<?x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"]}, %e: index, %other: index) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
  %s = veomni.param "s" : tensor<2x8x8xf32>
  %bs = veomni.param "b" : tensor<2x8xf32>
  %w = veomni.select_expert %s, %e : tensor<2x8x8xf32> -> tensor<8x8xf32>
  %b = veomni.select_expert %bs, %other : tensor<2x8xf32> -> tensor<8xf32>
  // expected-error @+1 {{weight and bias must be of the same expert}}
  %y = veomni.linear %x, %w bias %b : (tensor<?x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @f(%l: tensor<2x3xi64> {veomni.name = "l"}, %m: tensor<?x3xi64> {veomni.axes = ["batch"], veomni.name = "m"}) -> (tensor<2x3xi64> {veomni.name = "s"}) {
  // expected-error @+1 {{batch and seq must be dynamic dims to be lowered, found 'tensor<2x3xi64>'}}
  %s = veomni.shift_labels %l {fill = -100 : i64} : tensor<2x3xi64>
  // expected-error @+1 {{batch and seq must be dynamic dims to be lowered, found 'tensor<?x3xi64>'}}
  %t = veomni.shift_labels %m {fill = -100 : i64} : tensor<?x3xi64>
  return %s : tensor<2x3xi64>
}

// -----

// Equal names are equal sizes.
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "x"}, %z: tensor<?x8xf32> {veomni.axes = ["b"], veomni.name = "z"})
    -> (tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "y"}) {
  // expected-error @+1 {{dim 0 of operand 1 is b, expected a as dim 0 of operand 0 ('a' of its rule)}}
  %y = veomni.binary add %x, %z : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["b"], veomni.name = "y"}) {
  %y = veomni.unary exp %x : tensor<?x8xf32>
  // expected-error @+1 {{dim 0 of operand 0 is a, expected b as the function's results say}}
  return %y : tensor<?x8xf32>
}

// -----

// One axis of the callee is one size at a call.
func.func private @g(%x: tensor<?x8xf32> {veomni.axes = ["a"]}, %z: tensor<?x8xf32> {veomni.axes = ["a"]}) -> (tensor<?x8xf32> {veomni.axes = ["a"]}) attributes {veomni.class = "G", veomni.method = "forward"} {
  %y = veomni.binary add %x, %z : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["b"], veomni.name = "x"}, %z: tensor<?x8xf32> {veomni.axes = ["c"], veomni.name = "z"}) -> (tensor<?x8xf32> {veomni.axes = ["b"], veomni.name = "y"}) {
  // expected-error @+1 {{operand 1 gives axis 'a' of g the size c, expected b as operand 0 does}}
  %y = veomni.call @g at "g" (%x, %z) : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// Routes of other tokens.
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "x"}, %e: tensor<?x2xi32> {veomni.axes = ["b"], veomni.name = "e"}) -> (tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "y"}) {
  %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<5xi32>
  // expected-error @+1 {{has b * 2 routes, expected a * 2: 'top_k' = 2 for every row of x}}
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return %x : tensor<?x8xf32>
}

// -----

// Tokens must be dynamic to be routed.
func.func @f(%e: tensor<?x5x2xi32> {veomni.axes = ["a"], veomni.name = "e", veomni.range = array<i64: 0, 3>}) -> (tensor<5xi32> {veomni.name = "y"}) {
  // expected-error @+1 {{no kernel takes tokens of 'tensor<?x5x2xi32>': all dims but the last must be dynamic}}
  %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x5x2xi32> -> tensor<?xi32>, tensor<?x5x2xi32>, tensor<5xi32>
  return %offsets : tensor<5xi32>
}

// -----

// A row with several runs of columns.
veomni.weight "w" : tensor<4x8xf32> = [load("w", [4, 8], f32)]
func.func @f(%x: tensor<?x5x8xf32> {veomni.axes = ["a"], veomni.name = "x"}, %ids: tensor<?x5xi64> {veomni.axes = ["a"], veomni.name = "ids", veomni.range = array<i64: 0, 3>},
             %h: tensor<?x5x2x8xf32> {veomni.axes = ["a"], veomni.name = "h"}, %c: tensor<?x5x4xf32> {veomni.axes = ["a"], veomni.name = "c"})
    -> (tensor<?x5x4xf32> {veomni.axes = ["a"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4x8xf32>
  // expected-error @+1 {{no kernel takes 'tensor<?x5x8xf32>': all dims but the last must be dynamic}}
  %y = veomni.linear %x, %w : (tensor<?x5x8xf32>, tensor<4x8xf32>) -> tensor<?x5x4xf32>
  // expected-error @+1 {{no kernel takes 'tensor<?x5x8xf32>': all dims but the last must be dynamic}}
  %e, %r = veomni.router %x {top_k = 2 : i64, weight_type = f32} : tensor<?x5x8xf32> -> tensor<?x5x2xi32>, tensor<?x5x2xf32>
  // expected-error @+1 {{no kernel takes 'tensor<?x5x8xf32>': all dims but the last must be dynamic}}
  %g = veomni.packed_glu %x {act = #veomni.activation<silu>} : tensor<?x5x8xf32> -> tensor<?x5x4xf32>
  // expected-error @+1 {{no kernel takes 'tensor<?x5xi64>': all dims must be dynamic}}
  %t = veomni.embedding %ids, %w : (tensor<?x5xi64>, tensor<4x8xf32>) -> tensor<?x5x8xf32>
  // expected-error @+1 {{no kernel takes 'tensor<?x5x2x8xf32>': all dims but the last two must be dynamic}}
  %p = veomni.rope %h, %c, %c {layout = #veomni.rope_layout<half>} : tensor<?x5x2x8xf32>, tensor<?x5x4xf32>
  return %y : tensor<?x5x4xf32>
}

// -----

// What is bound is what runs.
veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["a"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  // expected-error @+1 {{is bound to 'mine', which rms_norm/standard does not have here; it has fused, eager}}
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "mine"} : tensor<?x8xf32>, tensor<8xf32>
  // expected-error @+1 {{is bound to 'eager', for which phase fuse rewrites it: run that first (pass veomni-expand)}}
  %z = veomni.rms_norm %y, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "eager"} : tensor<?x8xf32>, tensor<8xf32>
  return %z : tensor<?x8xf32>
}

// -----

// expected-error @+1 {{has a value of type 'tensor<?x4194304x4194304xf32>', whose sizes multiply to more than 2^40 elements}}
func.func @forward(%x: tensor<?x4194304x4194304xf32> {veomni.axes = ["seq"], veomni.name = "x"})
    -> (tensor<?x4194304x4194304xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
  // expected-error @+1 {{has a value of type 'tensor<?x4194304x4194304xf32>', whose sizes multiply to more than 2^40 elements}}
  %y = veomni.binary add %x, %x : tensor<?x4194304x4194304xf32>, tensor<?x4194304x4194304xf32> -> tensor<?x4194304x4194304xf32>
  return %y : tensor<?x4194304x4194304xf32>
}
