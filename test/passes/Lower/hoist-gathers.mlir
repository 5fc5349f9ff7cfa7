// RUN: veomni-opt %s --veomni-hoist-gathers | FileCheck %s
// RUN: veomni-opt %s --veomni-hoist-gathers | veomni-opt --veomni-hoist-gathers | FileCheck %s

veomni_rt.mesh_axis "dp_shard" = 2
veomni_rt.symbol @i = loop
veomni_rt.weight "0" : !veomni_rt.buffer<[32, 64] x f32> = [load("0", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.weight "1" : !veomni_rt.buffer<[32, 64] x f32> = [load("1", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.weight "2" : !veomni_rt.buffer<[32, 64] x f32> = [load("2", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.weight "3" : !veomni_rt.buffer<[32, 64] x f32> = [load("3", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.weight "4" : !veomni_rt.buffer<[32, 64] x f32> = [load("4", [64, 64], f32), part("dp_shard", 2, dim = 0)]
veomni_rt.kernel @use = "any" {} (read !veomni_rt.buffer<[64, 64] x f32>, read_write !veomni_rt.buffer<[8] x f32>) scalars(0)

// What a layer calls hands its gathers to the layer, and the layer to the function that runs layers.
// CHECK-LABEL: veomni_rt.func @mlp(
// CHECK-SAME: %[[W:[a-z0-9]+]]: !veomni_rt.buffer<[64, 64] x f32> read) params(1) slots(1) {
// CHECK-NEXT: veomni_rt.dispatch @use workgroups(1) (%[[W]], %y
// CHECK-NEXT: veomni_rt.return
veomni_rt.func @mlp(%y: !veomni_rt.buffer<[8] x f32> read_write "y") params(1) slots(1) {
  %part = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
  %w = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%part, %w : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
// CHECK-LABEL: veomni_rt.func @layer(
// CHECK-SAME: %[[W0:[a-z0-9]+]]: !veomni_rt.buffer<[64, 64] x f32> read, %[[W1:[a-z0-9]+]]: !veomni_rt.buffer<[64, 64] x f32> read) params(2)
// CHECK-NOT: collective
// CHECK: veomni_rt.dispatch @use workgroups(1) (%[[W0]],
// CHECK-NEXT: veomni_rt.call @mlp params(1) (%y, %[[W1]] :
veomni_rt.func @layer(%y: !veomni_rt.buffer<[8] x f32> read_write "y") params(2) slots(1) {
  %part = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
  %w = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%part, %w : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.call @mlp params(1) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
// A loop has no place for what moves with it.
// CHECK-LABEL: veomni_rt.func @repeated(%y: {{.*}} read_write "y") params(1) slots(1)
// CHECK: veomni_rt.collective all_gather
veomni_rt.func @repeated(%y: !veomni_rt.buffer<[8] x f32> read_write "y") params(1) slots(1) {
  %part = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
  %w = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%part, %w : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
// CHECK-LABEL: veomni_rt.func @model(%y: {{.*}} "y") params(5) slots(4)
// CHECK-DAG: %[[P0:.*]] = veomni_rt.param 0
// CHECK-DAG: %[[P1:.*]] = veomni_rt.param 1
// CHECK-DAG: %[[P2:.*]] = veomni_rt.param 2
// CHECK-DAG: %[[P3:.*]] = veomni_rt.param 3
// CHECK:      collective all_gather over "dp_shard" gather(0) (%[[P0]], %[[S0:[a-z0-9]+]] :
// CHECK-NEXT: collective all_gather over "dp_shard" gather(0) (%[[P1]], %[[S1:[a-z0-9]+]] :
// CHECK-NEXT: veomni_rt.call @layer params(0) at "layers.0" (%y, %[[S0]], %[[S1]] :
// CHECK-NEXT: collective all_gather over "dp_shard" gather(0) (%[[P2]], %[[S2:[a-z0-9]+]] :
// CHECK-NEXT: collective all_gather over "dp_shard" gather(0) (%[[P3]], %[[S3:[a-z0-9]+]] :
// CHECK-NEXT: veomni_rt.call @layer params(2) at "layers.1" (%y, %[[S2]], %[[S3]] :
// CHECK-NEXT: veomni_rt.loop @i to 1 do @repeated params(4) stride(1) (%y :
veomni_rt.func @model(%y: !veomni_rt.buffer<[8] x f32> read_write "y") params(5) slots(0) {
  veomni_rt.call @layer params(0) at "layers.0" (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.call @layer params(2) at "layers.1" (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.loop @i to 1 do @repeated params(4) stride(1) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
// The function that runs the layers keeps what it gathers: all that it gathers at once would be the model.
// CHECK-LABEL: veomni_rt.func @forward
// CHECK-NOT: collective
veomni_rt.func @forward(%y: !veomni_rt.buffer<[8] x f32> read_write "y") params(5) slots(0) {
  veomni_rt.call @model params(0) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
veomni_rt.func @entry(%y: !veomni_rt.buffer<[8] x f32> write "y") params(5) slots(0) {
  veomni_rt.call @start params(0) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.call @forward params(0) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
veomni_rt.kernel @zero = "any" {} (write !veomni_rt.buffer<[8] x f32>) scalars(0)
veomni_rt.func @start(%y: !veomni_rt.buffer<[8] x f32> write "y") params(0) slots(0) {
  veomni_rt.dispatch @zero workgroups(1) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
veomni_rt.entry "forward" runs @entry params(0) {
  veomni_rt.output "y" : !veomni_rt.buffer<[8] x f32>
}
// What no entry reaches may call itself, and stays as it is.
// CHECK-LABEL: veomni_rt.func @itself
// CHECK: veomni_rt.collective
// CHECK-NEXT: veomni_rt.dispatch
// CHECK-NEXT: veomni_rt.call @itself params(0) (%y :
veomni_rt.func @itself(%y: !veomni_rt.buffer<[8] x f32> read_write "y") params(1) slots(1) {
  %part = veomni_rt.param 0 : !veomni_rt.buffer<[32, 64] x f32>
  %w = veomni_rt.slot 0 : !veomni_rt.buffer<[64, 64] x f32>
  veomni_rt.collective all_gather over "dp_shard" gather(0) (%part, %w : !veomni_rt.buffer<[32, 64] x f32>, !veomni_rt.buffer<[64, 64] x f32>)
  veomni_rt.dispatch @use workgroups(1) (%w, %y : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.call @itself params(0) (%y : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
