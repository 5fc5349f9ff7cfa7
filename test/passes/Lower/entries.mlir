// Every public function is an entry. What they call is lowered once; entries that want the same weights share their
// window, and sizes of one name are one symbol.
// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// CHECK: veomni_rt.symbol @batch = axis
// CHECK-NEXT: veomni_rt.symbol @seq = axis
// CHECK-NEXT: veomni_rt.symbol @has_mask = given
// CHECK-NEXT: veomni_rt.symbol @rows = axis
// CHECK: veomni_rt.entry "first" runs @first params(0) {
// CHECK-NEXT: veomni_rt.input "x"
// CHECK-NEXT: veomni_rt.input "mask" {{.*}} default ones given(@has_mask)
// CHECK-NEXT: veomni_rt.output "y"
// CHECK-NEXT: }
// CHECK: veomni_rt.entry "second" runs @second params(0) {
// CHECK: veomni_rt.entry "third" runs @third params(2) {
// CHECK: veomni_rt.weight "first"
// CHECK-NEXT: veomni_rt.weight "a.weight"
// CHECK-NEXT: veomni_rt.weight "b.weight"
// CHECK-NOT: veomni_rt.weight
// CHECK-COUNT-1: veomni_rt.func @Norm.forward
// CHECK-NOT: veomni_rt.func @Norm.forward
// CHECK: veomni_rt.func @first
// CHECK: veomni_rt.func @second
// CHECK: veomni_rt.func @third
veomni.weight "first" : tensor<8xf32> = [load("first", [8], f32)]
veomni.weight "a.weight" : tensor<8xf32> = [load("a", [8], f32)]
veomni.weight "b.weight" : tensor<8xf32> = [load("b", [8], f32)]
func.func private @Norm.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) {
  %w = veomni.param "weight" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-6 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  return %y : tensor<?x?x8xf32>
}
func.func @first(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
                 %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %w = veomni.param "first" : tensor<8xf32>
  %n = veomni.rms_norm %x, %w {eps = 1.0e-6 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  %a = veomni.call @Norm.forward at "a" (%n) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %b = veomni.call @Norm.forward at "b" (%a) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %b : tensor<?x?x8xf32>
}
func.func @second(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %z: tensor<?x8xf32> {veomni.axes = ["rows"], veomni.name = "z"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}, tensor<?x8xf32> {veomni.axes = ["rows"], veomni.name = "n"}) {
  %w = veomni.param "first" : tensor<8xf32>
  %n = veomni.rms_norm %z, %w {eps = 1.0e-6 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  %a = veomni.call @Norm.forward at "a" (%x) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %a, %n : tensor<?x?x8xf32>, tensor<?x8xf32>
}
func.func @third(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %b = veomni.call @Norm.forward at "b" (%x) : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %b : tensor<?x?x8xf32>
}
