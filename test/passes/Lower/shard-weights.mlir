// RUN: veomni-opt %s --veomni-shard-weights | FileCheck %s
// A second run finds parts, and leaves them.
// RUN: veomni-opt %s --veomni-shard-weights | veomni-opt --veomni-shard-weights | FileCheck %s
// RUN: veomni-opt %s --veomni-shard-weights --remarks-filter=shard -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// Without the axis nothing changes.
// RUN: sed -e 's/"dp_shard"/"dp_replicate"/' %s | veomni-opt >%t.before
// RUN: sed -e 's/"dp_shard"/"dp_replicate"/' %s | veomni-opt --veomni-shard-weights | diff %t.before -

veomni_rt.mesh_axis "dp_shard" = 2
veomni_rt.mesh_axis "ep" = 2 redivides

// Parts are made before tiles are; along the first dim of which both ranks have whole tiles.
// CHECK: veomni_rt.weight "rows" : !veomni_rt.buffer<[32, 80] x f32, tiles = [32, 1]> = [load("rows", [64, 80], f32), part("dp_shard", 2, dim = 0), pack([32, 1])]
veomni_rt.weight "rows" : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]> = [load("rows", [64, 80], f32), pack([32, 1])]
// CHECK: veomni_rt.weight "columns" : !veomni_rt.buffer<[96, 40] x bf16, tiles = [32, 2]> = [load("columns", [96, 80], bf16), part("dp_shard", 2, dim = 1), pack([32, 2])]
veomni_rt.weight "columns" : !veomni_rt.buffer<[96, 80] x bf16, tiles = [32, 2]> = [load("columns", [96, 80], bf16), pack([32, 2])]
// CHECK: veomni_rt.weight "table" : !veomni_rt.buffer<[51, 32] x f32> = [load("table", [51, 64], f32), part("dp_shard", 2, dim = 1)]
veomni_rt.weight "table" : !veomni_rt.buffer<[51, 64] x f32> = [load("table", [51, 64], f32)]
// What has one dim is small; what the ranks do not divide is told.
// CHECK: veomni_rt.weight "norm" : !veomni_rt.buffer<[64] x f32> = [load("norm", [64], f32)]
veomni_rt.weight "norm" : !veomni_rt.buffer<[64] x f32> = [load("norm", [64], f32)]
// CHECK: veomni_rt.weight "odd" : !veomni_rt.buffer<[51, 63] x f32> = [load("odd", [51, 63], f32)]
// REMARK: weight "odd" stays whole on every rank of 'dp_shard': 2 ranks divide none of its dims
// REMARK-NOT: stays whole
veomni_rt.weight "odd" : !veomni_rt.buffer<[51, 63] x f32> = [load("odd", [51, 63], f32)]

// Ranks of one group of "dp_shard" have other experts.
// CHECK: veomni_rt.weight "experts" : !veomni_rt.buffer<[4, 32, 64] x f32> = [load("experts", [8, 32, 64], f32), part("ep", 2, dim = 0)]
veomni_rt.weight "experts" : !veomni_rt.buffer<[4, 32, 64] x f32> = [load("experts", [8, 32, 64], f32), part("ep", 2, dim = 0)]

veomni_rt.kernel @product = "any" {} (read !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>, write !veomni_rt.buffer<[8] x f32>) scalars(0)
veomni_rt.kernel @other = "any" {} (read !veomni_rt.buffer<[96, 80] x bf16, tiles = [32, 2]>, write !veomni_rt.buffer<[8] x f32>) scalars(0)
veomni_rt.kernel @small = "any" {} (read !veomni_rt.buffer<[64] x f32>, read !veomni_rt.buffer<[51, 63] x f32>, write !veomni_rt.buffer<[8] x f32>) scalars(0)
veomni_rt.kernel @rows = "any" {} (read !veomni_rt.buffer<[51, 64] x f32>, write !veomni_rt.buffer<[8] x f32>) scalars(0)

// CHECK-LABEL: veomni_rt.func @callee
// CHECK: %[[PART:.*]] = veomni_rt.param 0 : !veomni_rt.buffer<[51, 32] x f32>
// CHECK: %[[WHOLE:.*]] = veomni_rt.slot 0 : !veomni_rt.buffer<[51, 64] x f32>
// CHECK: veomni_rt.collective all_gather over "dp_shard" gather(1) (%[[PART]], %[[WHOLE]] :
// CHECK-NEXT: veomni_rt.dispatch @rows workgroups(1) (%[[WHOLE]],
veomni_rt.func @callee(%y: !veomni_rt.buffer<[8] x f32> write) params(1) slots(0) {
  %t = veomni_rt.param 0 : !veomni_rt.buffer<[51, 64] x f32>
  veomni_rt.dispatch @rows workgroups(1) (%t, %y : !veomni_rt.buffer<[51, 64] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}

// What is read before the call is gathered before it, each once; what is read behind it, behind it.
// CHECK-LABEL: veomni_rt.func @forward
// CHECK-DAG: %[[ROWS:.*]] = veomni_rt.param 0 : !veomni_rt.buffer<[32, 80] x f32, tiles = [32, 1]>
// CHECK-DAG: %[[ALLROWS:.*]] = veomni_rt.slot 1 : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>
// CHECK-DAG: %[[COLUMNS:.*]] = veomni_rt.param 1 : !veomni_rt.buffer<[96, 40] x bf16, tiles = [32, 2]>
// CHECK-DAG: %[[ALLCOLUMNS:.*]] = veomni_rt.slot 2 : !veomni_rt.buffer<[96, 80] x bf16, tiles = [32, 2]>
// CHECK: veomni_rt.collective all_gather over "dp_shard" gather(0) (%[[ROWS]], %[[ALLROWS]] :
// CHECK-NEXT: veomni_rt.dispatch @small
// CHECK-NEXT: veomni_rt.dispatch @product workgroups(1) (%[[ALLROWS]],
// CHECK-NEXT: veomni_rt.dispatch @product workgroups(1) (%[[ALLROWS]],
// CHECK-NEXT: veomni_rt.call @callee
// CHECK-NEXT: veomni_rt.collective all_gather over "dp_shard" gather(1) (%[[COLUMNS]], %[[ALLCOLUMNS]] :
// CHECK-NEXT: veomni_rt.dispatch @other workgroups(1) (%[[ALLCOLUMNS]],
veomni_rt.func @forward(%y: !veomni_rt.buffer<[8] x f32> write "y") params(5) slots(1) {
  %r = veomni_rt.param 0 : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>
  %c = veomni_rt.param 1 : !veomni_rt.buffer<[96, 80] x bf16, tiles = [32, 2]>
  %n = veomni_rt.param 3 : !veomni_rt.buffer<[64] x f32>
  %o = veomni_rt.param 4 : !veomni_rt.buffer<[51, 63] x f32>
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[8] x f32>
  veomni_rt.dispatch @small workgroups(1) (%n, %o, %s : !veomni_rt.buffer<[64] x f32>, !veomni_rt.buffer<[51, 63] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.dispatch @product workgroups(1) (%r, %s : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.dispatch @product workgroups(1) (%r, %s : !veomni_rt.buffer<[64, 80] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.call @callee params(2) (%s : !veomni_rt.buffer<[8] x f32>)
  veomni_rt.dispatch @other workgroups(1) (%c, %y : !veomni_rt.buffer<[96, 80] x bf16, tiles = [32, 2]>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}
veomni_rt.entry "forward" runs @forward params(0) {
  veomni_rt.output "y" : !veomni_rt.buffer<[8] x f32>
}
