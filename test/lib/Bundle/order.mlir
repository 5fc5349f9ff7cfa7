// A bundle lists ops table by table, and values of a function before its instructions, whatever their order in the
// text.
// RUN: veomni-translate --mlir-to-bundle %s -o %t.vob
// RUN: veomni-translate --bundle-to-mlir %t.vob | FileCheck %s

// CHECK:      module attributes {veomni_rt.producer = "someone"} {
// CHECK-NEXT:   veomni_rt.symbol @seq
// CHECK-NEXT:   veomni_rt.entry "f"
// CHECK-NEXT:     veomni_rt.input "x"
// CHECK-NEXT:   }
// CHECK-NEXT:   veomni_rt.state @kept
// CHECK-NEXT:   veomni_rt.func @f
// CHECK-NEXT:     %slot0 = veomni_rt.slot 0
// CHECK-NEXT:     veomni_rt.call @g
// CHECK-NEXT:     veomni_rt.return
module attributes {veomni_rt.producer = "someone"} {
  veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x f32> read "x") params(0) slots(1) {
    veomni_rt.call @g params(0) ()
    %0 = veomni_rt.slot 0 : !veomni_rt.buffer<[seq] x f32>
    veomni_rt.return
  }
  veomni_rt.func @g() params(0) slots(0) {
    veomni_rt.return
  }
  veomni_rt.state @kept : !veomni_rt.buffer<[4] x f32>
  veomni_rt.symbol @seq = axis
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq] x f32>
  }
}
