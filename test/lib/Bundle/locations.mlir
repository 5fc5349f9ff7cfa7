// The name of an instruction's location says where in the model it comes from; bundles keep it.
// RUN: veomni-translate --mlir-to-bundle %s -o %t.vob
// RUN: veomni-translate --bundle-to-mlir %t.vob -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: veomni-translate --mlir-to-bundle %t.mlir | cmp - %t.vob

module {
  veomni_rt.entry "f" runs @f params(0) {
  }
  veomni_rt.func @f() params(0) slots(0) {
    // CHECK: veomni_rt.call @g params(0) at "layers.0" () loc([[NAMED:#loc.*]])
    veomni_rt.call @g params(0) at "layers.0" () loc("model.layers.0"("model.py":3:4))
    // CHECK: veomni_rt.call @g params(0) at "layers.1" () loc([[UNKNOWN:#loc.*]])
    veomni_rt.call @g params(0) at "layers.1" () loc("model.py":3:5)
    veomni_rt.return
  }
  veomni_rt.func @g() params(0) slots(0) {
    veomni_rt.return
  }
}
// CHECK: [[UNKNOWN]] = loc(unknown)
// CHECK: [[NAMED]] = loc("model.layers.0")
