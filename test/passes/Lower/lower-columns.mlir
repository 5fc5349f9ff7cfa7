// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// Columns are copied once where a kernel cannot read them in place, and where they are a result.
// CHECK-DAG: veomni_rt.kernel @convert_0 = "convert" {x_at = 4 : i64, x_cols = 3 : i64, x_run = 8 : i64}
// CHECK-DAG: veomni_rt.kernel @convert_1 = "convert" {x_at = 0 : i64, x_cols = 4 : i64, x_run = 0 : i64}
// CHECK-DAG: veomni_rt.kernel @convert_2 = "convert" {x_at = 5 : i64, x_cols = 2 : i64, x_run = 8 : i64}
// CHECK: veomni_rt.func @Part.forward
// CHECK: dispatch @convert_0
// CHECK-NEXT: dispatch @elementwise_binary_0
// CHECK-NEXT: dispatch @elementwise_binary_0
// CHECK-NEXT: dispatch @convert_1 {{.*}}(%view,
// CHECK-NEXT: dispatch @convert_2 {{.*}}(%arg0,
// CHECK-NEXT: return
func.func private @Part.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}, %h: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]})
    -> (tensor<?x?x3xf32> {veomni.axes = ["batch", "seq"]}, tensor<?x?x6x4xf32> {veomni.axes = ["batch", "seq"]}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"]}) {
  %unused = veomni.slice %x {offset = 0 : i64} : tensor<?x?x8xf32> -> tensor<?x?x3xf32>
  %s = veomni.slice %x {offset = 4 : i64} : tensor<?x?x8xf32> -> tensor<?x?x3xf32>
  %d = veomni.binary add %s, %s : tensor<?x?x3xf32>, tensor<?x?x3xf32> -> tensor<?x?x3xf32>
  %sum = veomni.binary add %d, %s : tensor<?x?x3xf32>, tensor<?x?x3xf32> -> tensor<?x?x3xf32>
  %one = veomni.unflatten %h : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %all = veomni.broadcast_heads %one : tensor<?x?x1x4xf32> -> tensor<?x?x6x4xf32>
  %part = veomni.slice %s {offset = 1 : i64} : tensor<?x?x3xf32> -> tensor<?x?x2xf32>
  return %sum, %all, %part : tensor<?x?x3xf32>, tensor<?x?x6x4xf32>, tensor<?x?x2xf32>
}

func.func @forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %h: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "h"})
    -> (tensor<?x?x3xf32> {veomni.axes = ["batch", "seq"], veomni.name = "sum"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "part"}) {
  %r:3 = veomni.call @Part.forward at "part" (%x, %h) : (tensor<?x?x8xf32>, tensor<?x?x4xf32>) -> (tensor<?x?x3xf32>, tensor<?x?x6x4xf32>, tensor<?x?x2xf32>)
  return %r#0, %r#2 : tensor<?x?x3xf32>, tensor<?x?x2xf32>
}
