// [pass-test]
// RUN: veomni-opt %s --veomni-assign-slots | FileCheck %s
// RUN: veomni-opt %s --veomni-assign-slots --veomni-assign-slots | FileCheck %s
// [/pass-test]

module {
  veomni_rt.symbol @seq = axis
  veomni_rt.entry "forward" runs @forward params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq, 16] x f32>
    veomni_rt.output "y" : !veomni_rt.buffer<[seq, 16] x f32>
  }
  veomni_rt.kernel @copy = "convert" {} (read !veomni_rt.buffer<[seq, 16] x f32>, write !veomni_rt.buffer<[seq, 16] x f32>) scalars(0)
  // A chain of four copies needs two slots; a value read again at the end keeps its own; a dead value has none.
  // CHECK: slots(3)
  veomni_rt.func @forward(%x: !veomni_rt.buffer<[seq, 16] x f32> read "x", %y: !veomni_rt.buffer<[seq, 16] x f32> write "y") params(0) slots(6) {
    // CHECK-NEXT: %[[KEPT:.*]] = veomni_rt.slot 0
    // CHECK-NEXT: %[[A:.*]] = veomni_rt.slot 1
    // CHECK-NEXT: %[[B:.*]] = veomni_rt.slot 2
    // CHECK-NEXT: %[[C:.*]] = veomni_rt.slot 1
    // CHECK-NOT: veomni_rt.slot
    %kept = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 16] x f32>
    %a = veomni_rt.slot 1 : !veomni_rt.buffer<[seq, 16] x f32>
    %b = veomni_rt.slot 2 : !veomni_rt.buffer<[seq, 16] x f32>
    %c = veomni_rt.slot 3 : !veomni_rt.buffer<[seq, 16] x f32>
    %dead = veomni_rt.slot 4 : !veomni_rt.buffer<[seq, 16] x f32>
    veomni_rt.dispatch @copy workgroups(1) (%x, %kept : !veomni_rt.buffer<[seq, 16] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
    veomni_rt.dispatch @copy workgroups(1) (%kept, %a : !veomni_rt.buffer<[seq, 16] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
    veomni_rt.dispatch @copy workgroups(1) (%a, %b : !veomni_rt.buffer<[seq, 16] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
    veomni_rt.dispatch @copy workgroups(1) (%b, %c : !veomni_rt.buffer<[seq, 16] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
    veomni_rt.dispatch @copy workgroups(1) (%c, %y : !veomni_rt.buffer<[seq, 16] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
    veomni_rt.dispatch @copy workgroups(1) (%kept, %y : !veomni_rt.buffer<[seq, 16] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
    veomni_rt.return
  }
}
