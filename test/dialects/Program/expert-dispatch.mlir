// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK: veomni_rt.mesh_axis "sp" = 4
// CHECK-NEXT: veomni_rt.mesh_axis "ep" = 2 redivides
veomni_rt.mesh_axis "sp" = 4
veomni_rt.mesh_axis "ep" = 2 redivides
veomni_rt.symbol @routes = axis
// CHECK: veomni_rt.symbol @received = counted
// CHECK-NEXT: veomni_rt.symbol @twice = derived(received * 2)
veomni_rt.symbol @received = counted
veomni_rt.symbol @twice = derived(received * 2)
veomni_rt.entry "forward" runs @forward params(0) {
  veomni_rt.input "x" : !veomni_rt.buffer<[routes, 8] x f32>
  veomni_rt.input "offsets" : !veomni_rt.buffer<[9] x i32>
  veomni_rt.output "y" : !veomni_rt.buffer<[routes, 8] x f32>
}
// CHECK: veomni_rt.weight "up" : !veomni_rt.buffer<[4, 8, 8] x f32> = [load("up", [8, 8, 8], f32), part("ep", 2, dim = 0)]
veomni_rt.weight "up" : !veomni_rt.buffer<[4, 8, 8] x f32> = [load("up", [8, 8, 8], f32), part("ep", 2, dim = 0)]
veomni_rt.kernel @k = "experts" (read !veomni_rt.buffer<[received, 8] x f32>, read !veomni_rt.buffer<[received, 1] x i32>, read !veomni_rt.buffer<[4, 8, 8] x f32>, write !veomni_rt.buffer<[received, 8] x f32>) scalars(1)
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32, row_stride = 16> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(1) slots(1) {
  %w = veomni_rt.param 0 : !veomni_rt.buffer<[4, 8, 8] x f32>
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[received, 8] x f32>
  veomni_rt.dispatch @k workgroups(twice) (%s, %n, %w, %y : !veomni_rt.buffer<[received, 8] x f32>, !veomni_rt.buffer<[received, 1] x i32>, !veomni_rt.buffer<[4, 8, 8] x f32>, !veomni_rt.buffer<[received, 8] x f32>) scalars(received)
  veomni_rt.return
}
veomni_rt.func @forward(%x: !veomni_rt.buffer<[routes, 8] x f32> read "x", %o: !veomni_rt.buffer<[9] x i32> read "offsets", %y: !veomni_rt.buffer<[routes, 8] x f32> write "y") params(1) slots(0) {
  // CHECK: veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %offsets, %y : !veomni_rt.buffer<[routes, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[routes, 8] x f32>)
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[routes, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[routes, 8] x f32>)
  veomni_rt.return
}
