// Values share a slot where one surely fits into the other, also where sizes are sums or symbols derived from such.
// RUN: veomni-opt %s --veomni-assign-slots | FileCheck %s
// RUN: veomni-opt %s --veomni-assign-slots --veomni-assign-slots | FileCheck %s

// Of `past` and `seq` either may be the larger one; `past + seq` is larger than both, and `past * seq` is compared with
// neither.
// CHECK: veomni_rt.func @forward
// CHECK-SAME: slots(3)
// CHECK-NEXT: veomni_rt.slot 0 : !veomni_rt.buffer<[past, 16] x f32>
// CHECK-NEXT: veomni_rt.slot 1 : !veomni_rt.buffer<[seq, 16] x f32>
// CHECK-NEXT: veomni_rt.slot 0 : !veomni_rt.buffer<[total, 16] x f32>
// CHECK-NEXT: veomni_rt.slot 1 : !veomni_rt.buffer<[seq, 24] x f32>
// CHECK-NEXT: veomni_rt.slot 2 : !veomni_rt.buffer<[past, seq] x f32>
// CHECK-NEXT: veomni_rt.slot 0 : !veomni_rt.buffer<[total, 8] x f32>
veomni_rt.symbol @past = axis
veomni_rt.symbol @seq = axis
veomni_rt.symbol @total = derived(past + seq)
veomni_rt.func @forward() params(0) slots(6) {
  %past = veomni_rt.slot 0 : !veomni_rt.buffer<[past, 16] x f32>
  %seq = veomni_rt.slot 1 : !veomni_rt.buffer<[seq, 16] x f32>
  %total = veomni_rt.slot 2 : !veomni_rt.buffer<[total, 16] x f32>
  %more = veomni_rt.slot 3 : !veomni_rt.buffer<[seq, 24] x f32>
  %product = veomni_rt.slot 4 : !veomni_rt.buffer<[past, seq] x f32>
  %last = veomni_rt.slot 5 : !veomni_rt.buffer<[total, 8] x f32>
  veomni_rt.call @one params(0) (%past : !veomni_rt.buffer<[past, 16] x f32>)
  veomni_rt.call @two params(0) (%seq : !veomni_rt.buffer<[seq, 16] x f32>)
  veomni_rt.call @three params(0) (%total : !veomni_rt.buffer<[total, 16] x f32>)
  veomni_rt.call @four params(0) (%more : !veomni_rt.buffer<[seq, 24] x f32>)
  veomni_rt.call @five params(0) (%product : !veomni_rt.buffer<[past, seq] x f32>)
  veomni_rt.call @six params(0) (%last : !veomni_rt.buffer<[total, 8] x f32>)
  veomni_rt.return
}
veomni_rt.func @one(%arg0: !veomni_rt.buffer<[past, 16] x f32> write) params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @two(%arg0: !veomni_rt.buffer<[seq, 16] x f32> write) params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @three(%arg0: !veomni_rt.buffer<[total, 16] x f32> write) params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @four(%arg0: !veomni_rt.buffer<[seq, 24] x f32> write) params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @five(%arg0: !veomni_rt.buffer<[past, seq] x f32> write) params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @six(%arg0: !veomni_rt.buffer<[total, 8] x f32> write) params(0) slots(0) {
  veomni_rt.return
}
