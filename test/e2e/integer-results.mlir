// REQUIRES: compiler
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/integer_results.py %s --tools %build/bin --out %t | FileCheck %s
// CHECK: results are those of the reference
func.func @forward(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
                   %ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"})
    -> (tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"}, tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "shifted"},
        tensor<?x?x2x3xi32> {veomni.axes = ["batch", "seq"], veomni.name = "chosen"}, tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "gated"}) {
  %shifted = veomni.shift_labels %ids {fill = -100 : i64} : tensor<?x?xi64>
  %values, %chosen = veomni.top_k %x : tensor<?x?x2x8xf32> -> tensor<?x?x2x3xf32>, tensor<?x?x2x3xi32>
  // In eager form; recognised, too, over heads.
  %s = veomni.unary sigmoid %x : tensor<?x?x2x8xf32>
  %a = veomni.binary mul %x, %s : tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
  %gated = veomni.binary mul %a, %x : tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
  return %ids, %shifted, %chosen, %gated : tensor<?x?xi64>, tensor<?x?xi64>, tensor<?x?x2x3xi32>, tensor<?x?x2x8xf32>
}
