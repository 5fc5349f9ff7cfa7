// RUN: veomni-opt %s --split-input-file --veomni-lower | FileCheck %s

// Two routings with one top_k over different axes have two numbers of routes, and equal ones share theirs.
// CHECK-LABEL: module
// CHECK-COUNT-3: veomni_rt.symbol {{.*}} axis
// CHECK-DAG: veomni_rt.symbol @patch_routes = derived(patches * 2)
// CHECK-DAG: veomni_rt.symbol @expert_routes_2 = derived(batch * seq * 2)
// CHECK-NOT: veomni_rt.symbol
// CHECK: veomni_rt.entry "routings"
// CHECK: veomni_rt.output "a" : !veomni_rt.buffer<[expert_routes_2, 8] x f32>
// CHECK: veomni_rt.output "b" : !veomni_rt.buffer<[patch_routes, 8] x f32>
veomni.weight "w" : tensor<4x8x8xf32> = [load("w", [4, 8, 8], f32)]
func.func private @rows(%x: tensor<?x8xf32> {veomni.axes = ["tokens"]}, %e: tensor<?x2xi32> {veomni.axes = ["tokens"]})
    -> (tensor<?x8xf32> {veomni.axes = ["expert_routes_2"]}) {
  %w = veomni.param "w" : tensor<4x8x8xf32>
  %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<5xi32>
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = veomni.grouped_gemm %rows, %w offsets %offsets : (tensor<?x8xf32>, tensor<4x8x8xf32>, tensor<5xi32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @routings(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %e: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "e", veomni.range = array<i64: 0, 3>},
                    %p: tensor<?x8xf32> {veomni.axes = ["patches"], veomni.name = "p"}, %f: tensor<?x2xi32> {veomni.axes = ["patches"], veomni.name = "f", veomni.range = array<i64: 0, 3>})
    -> (tensor<?x8xf32> {veomni.axes = ["expert_routes_2"], veomni.name = "a"}, tensor<?x8xf32> {veomni.axes = ["patch_routes"], veomni.name = "b"}) {
  %w = veomni.param "w" : tensor<4x8x8xf32>
  %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<5xi32>
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = veomni.grouped_gemm %rows, %w offsets %offsets : (tensor<?x8xf32>, tensor<4x8x8xf32>, tensor<5xi32>) -> tensor<?x8xf32>
  %z = veomni.call @rows at "r" (%p, %f) : (tensor<?x8xf32>, tensor<?x2xi32>) -> tensor<?x8xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x8xf32>
}
veomni.weight "r.w" : tensor<4x8x8xf32> = [load("r.w", [4, 8, 8], f32)]

// -----

// One function over different axes becomes two, each of which knows the sizes of its buffers; calls over equal ones
// share it.
// CHECK-LABEL: veomni_rt.entry "axes"
// CHECK: veomni_rt.func @Mlp.forward(%{{.*}}: !veomni_rt.buffer<[batch, seq, 8] x f32
// CHECK-NEXT: dispatch
// CHECK: veomni_rt.func @Mlp.forward_1(%{{.*}}: !veomni_rt.buffer<[seq, batch, 8] x f32
// CHECK-NOT: veomni_rt.func @Mlp
// CHECK: veomni_rt.func @axes
// CHECK: call @Mlp.forward params(0) at "a"
// CHECK: call @Mlp.forward_1 params(0) at "b"
// CHECK: call @Mlp.forward params(0) at "c"
func.func private @Mlp.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["rows", "columns"]}) -> (tensor<?x?x8xf32> {veomni.axes = ["rows", "columns"]}) {
  %y = veomni.unary exp %x : tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}
func.func @axes(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %t: tensor<?x?x8xf32> {veomni.axes = ["seq", "batch"], veomni.name = "t"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "a"}, tensor<?x?x8xf32> {veomni.axes = ["seq", "batch"], veomni.name = "b"}) {
  %a = veomni.call @Mlp.forward at "a" (%x) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %b = veomni.call @Mlp.forward at "b" (%t) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %c = veomni.call @Mlp.forward at "c" (%a) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %c, %b : tensor<?x?x8xf32>, tensor<?x?x8xf32>
}

// -----

// Functions, axes, kernels and what lowering derives have one table of symbols in a program, though nobody who names
// one knows the others.
// CHECK-LABEL: veomni_rt.symbol @relu = axis
// CHECK: veomni_rt.entry "forward"
// CHECK: veomni_rt.kernel @elementwise_unary_1 = "elementwise_unary"
// CHECK: veomni_rt.func @relu_1
// CHECK: veomni_rt.dispatch @elementwise_unary_1
// CHECK: veomni_rt.func @elementwise_unary_0
// CHECK: veomni_rt.dispatch @elementwise_unary_1
func.func private @relu(%x: tensor<?x8xf32> {veomni.axes = ["relu"]}) -> (tensor<?x8xf32> {veomni.axes = ["relu"]}) {
  %y = veomni.unary exp %x : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func private @elementwise_unary_0(%x: tensor<?x8xf32> {veomni.axes = ["relu"]}) -> (tensor<?x8xf32> {veomni.axes = ["relu"]}) {
  %y = veomni.unary exp %x : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["relu"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["relu"], veomni.name = "y"}) {
  %a = veomni.call @relu at "a" (%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %b = veomni.call @elementwise_unary_0 at "b" (%a) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %b : tensor<?x8xf32>
}
