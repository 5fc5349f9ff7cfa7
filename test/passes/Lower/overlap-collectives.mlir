// RUN: veomni-opt %s --veomni-overlap-collectives | FileCheck %s
// RUN: veomni-opt %s --veomni-overlap-collectives | veomni-opt --veomni-overlap-collectives | FileCheck %s
// Memory of what moves is not given to another value meanwhile.
// RUN: veomni-opt %s --veomni-overlap-collectives --veomni-assign-slots | FileCheck %s --check-prefix=SLOTS

veomni_rt.mesh_axis "dp_shard" = 2
veomni_rt.mesh_axis "sp" = 2
veomni_rt.weight "0" : !veomni_rt.buffer<[32, 64] x f32> = [load("0", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.weight "1" : !veomni_rt.buffer<[32, 64] x f32> = [load("1", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.weight "2" : !veomni_rt.buffer<[32, 64] x f32> = [load("2", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.kernel @use = "any" {} (read !veomni_rt.buffer<[64, 64] x f32>, read_write !veomni_rt.buffer<[8] x f32>) scalars(0)
veomni_rt.kernel @zero = "any" {} (write !veomni_rt.buffer<[8] x f32>) scalars(0)
veomni_rt.kernel @add = "any" {} (read !veomni_rt.buffer<[8] x f32>, read_write !veomni_rt.buffer<[8] x f32>) scalars(0)

// The weights of one use move while the use before it runs; the first ones beside what needs no weights.
// CHECK-LABEL: veomni_rt.func @weights
// CHECK:      collective all_gather over "dp_shard" gather(0) starts (%[[P0:.*]], %[[W0:.*]] :
// CHECK-NEXT: dispatch @zero
// CHECK-NEXT: wait (%[[P0]], %[[W0]] :
// CHECK-NEXT: collective all_gather over "dp_shard" gather(0) starts (%[[P1:.*]], %[[W1:.*]] :
// CHECK-NEXT: dispatch @use workgroups(1) (%[[W0]], %y
// CHECK-NEXT: wait (%[[P1]], %[[W1]] :
// CHECK-NEXT: collective all_gather over "dp_shard" gather(0) starts (%[[P2:.*]], %[[W2:.*]] :
// CHECK-NEXT: dispatch @use workgroups(1) (%[[W1]], %y
// CHECK-NEXT: wait (%[[P2]], %[[W2]] :
// CHECK-NEXT: dispatch @use workgroups(1) (%[[W2]], %y
// CHECK-NEXT: return
// SLOTS-LABEL: veomni_rt.func @weights{{.*}} slots(2)
veomni_rt.func @weights(%y: !veomni_rt.buffer<[8] x f32> write "y") params(3) slots(3) {
  %p0 = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
  %p1 = veomni_rt.param 1 : !veomni_rt.buffer<[32, 64] x f32>
  %p2 = veomni_rt.param 2 : !veomni_rt.buffer<[32, 64] x f32>
  %w0 = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
  %w1 = veomni_rt.slot 1 : !veomni_rt.buffer<[64, 64] x f32>
  %w2 = veomni_rt.slot 2 : !veomni_rt.buffer<[64, 64] x f32>
  veomni_rt.dispatch @zero workgroups(1) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%p0, %w0 : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w0, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%p1, %w1 : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w1, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%p2, %w2 : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w2, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}

// Others stay where they are, and are waited for where what they write is read, or what they read is written again.
// CHECK-LABEL: veomni_rt.func @activations
// CHECK:      dispatch @zero workgroups(1) (%[[A:.*]] :
// CHECK-NEXT: collective all_gather over "sp" gather(0) starts (%[[A]], %[[ALL:.*]] :
// CHECK-NEXT: dispatch @zero workgroups(1) (%y :
// CHECK-NEXT: dispatch @add workgroups(1) (%[[A]], %y :
// CHECK-NEXT: wait (%[[A]], %[[ALL]] :
// CHECK-NEXT: dispatch @zero workgroups(1) (%[[A]] :
// What is used at once is not split in two.
// CHECK-NEXT: collective all_gather over "sp" gather(0) (%[[A]], %[[ALL]] :
// CHECK-NEXT: call @callee
// What nothing reads is waited for at the end.
// CHECK-NEXT: collective all_gather over "sp" gather(0) starts (%y, %z :
// CHECK-NEXT: dispatch @add workgroups(1) (%y, %[[A]] :
// CHECK-NEXT: wait (%y, %z :
// CHECK-NEXT: return
veomni_rt.func @activations(%y: !veomni_rt.buffer<[8] x f32> write "y", %z: !veomni_rt.buffer<[16] x f32> write "z") params(0) slots(2) {
  %a = veomni_rt.slot 0 : !veomni_rt.buffer<[8] x f32>
  %all = veomni_rt.slot 1 : !veomni_rt.buffer<[16] x f32>
  veomni_rt.dispatch @zero workgroups(1) (%a : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.collective all_gather over "sp" gather(0) (%a, %all : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[16] x f32>)
  veomni_rt.dispatch @zero workgroups(1) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.dispatch @add workgroups(1) (%a, %y : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.dispatch @zero workgroups(1) (%a : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.collective all_gather over "sp" gather(0) (%a, %all : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[16] x f32>)
  veomni_rt.call @callee params(0) (%all : !veomni_rt.buffer<[16] x f32>)
  veomni_rt.collective all_gather over "sp" gather(0) (%y, %z : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[16] x f32>)
  veomni_rt.dispatch @add workgroups(1) (%y, %a : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
veomni_rt.func @callee(%x: !veomni_rt.buffer<[16] x f32> read "x") params(0) slots(0) {
  veomni_rt.return
}

// What a call gathers is not kept waiting by what comes behind it.
// CHECK-LABEL: veomni_rt.func @behind
// CHECK:      call @weights
// CHECK-NEXT: collective all_gather over "dp_shard" gather(0) starts (%[[P:.*]], %[[W:.*]] :
// CHECK-NEXT: dispatch @zero
// CHECK-NEXT: wait (%[[P]], %[[W]] :
// CHECK-NEXT: dispatch @use
veomni_rt.func @behind(%y: !veomni_rt.buffer<[8] x f32> write "y") params(3) slots(2) {
  %p = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
  %w = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
  %z = veomni_rt.slot 1 : !veomni_rt.buffer<[8] x f32>
  veomni_rt.call @weights params(0) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.dispatch @zero workgroups(1) (%z : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%p, %w : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
